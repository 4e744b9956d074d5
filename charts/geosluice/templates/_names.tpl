{{/* First part of the names of all objects: the release's, with the chart's where it is not in it. */}}
{{- define "geosluice.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which the release's pods are chosen; with (list $ "upload") those of one component. */}}
{{- define "geosluice.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- if gt (len .) 1 }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}
{{- end -}}

{{/* Labels of an object of a component: (list $ "upload"). */}}
{{- define "geosluice.labels" -}}
{{- $root := index . 0 -}}
{{ include "geosluice.selector" . }}
app.kubernetes.io/version: {{ default $root.Chart.AppVersion $root.Values.image.tag | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: geosluice
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* `metadata` of an object: (list $ suffix), or of a component's: (list $ suffix component). */}}
{{- define "geosluice.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "geosluice.fullname" $root }}{{ with index . 1 }}-{{ . }}{{ end }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "geosluice.labels" (concat (list $root) (slice . 2)) | nindent 2 }}
{{- end -}}

{{/* Labels of a component's pods; without the chart's version, which is no reason to make pods anew: (list $ "upload"). */}}
{{- define "geosluice.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "geosluice.selector" . }}
app.kubernetes.io/part-of: geosluice
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Image of a process: (list $ "upload"). */}}
{{- define "geosluice.image" -}}
{{- $root := index . 0 -}}
{{- $image := $root.Values.image -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- with $image.repository }}{{ trimSuffix "/" . }}/{{ end -}}
{{- index . 1 }}:{{ default $root.Chart.AppVersion $image.tag -}}
{{- end -}}

{{/* First part of the names of the geonode chart's objects. */}}
{{- define "geosluice.geonodeName" -}}
{{- $release := .Values.geonode.release -}}
{{- if contains "geonode" $release }}{{ $release }}{{ else }}{{ $release }}-geonode{{ end -}}
{{- end -}}

{{/* Host of a Service of the geonode chart: (list $ "minio"). */}}
{{- define "geosluice.geonodeHost" -}}
{{- $root := index . 0 -}}
{{- include "geosluice.geonodeName" $root }}-{{ index . 1 }}
{{- with $root.Values.geonode.namespace }}.{{ . }}{{ end -}}
{{- end -}}

{{/* Whether the geonode release's Secrets can be read: it is in this namespace. */}}
{{- define "geosluice.geonodeHere" -}}
{{- $geonode := .Values.geonode -}}
{{- if and $geonode.release (or (not $geonode.namespace) (eq $geonode.namespace .Release.Namespace)) }}true{{ end -}}
{{- end -}}

{{/* Port of a url, or of `host:port`. */}}
{{- define "geosluice.portOf" -}}
{{- $url := . -}}
{{- $host := regexReplaceAll "^[a-z+]+://([^/@]*@)?([^/?#]*).*$" $url "${2}" -}}
{{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" -}}
{{- if $port }}{{ $port -}}
{{- else if hasPrefix "https:" $url }}443
{{- else if or (hasPrefix "redis:" $url) (hasPrefix "rediss:" $url) }}6379
{{- else if contains "http:" $url }}80
{{- else }}443
{{- end -}}
{{- end -}}
