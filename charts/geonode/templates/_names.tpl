{{- define "geonode.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 34 | trimSuffix "-" -}}
{{- end }}

{{- /* A cut name could be another release's: refused instead. 34 + the longest suffix is what a StatefulSet's pods may be called. */ -}}
{{- define "geonode.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $name = ternary .Release.Name (printf "%s-%s" .Release.Name (include "geonode.name" .)) (contains (include "geonode.name" .) .Release.Name) -}}
{{- end -}}
{{- if gt (len $name) 34 -}}
{{- fail (printf "the name %q is longer than 34 characters: choose a shorter release name or set fullnameOverride" $name) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "geonode.labels" -}}
{{ include "geonode.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: geosluice
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "geonode.selectorLabels" -}}
app.kubernetes.io/name: {{ include "geonode.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "geonode.metadata" -}}
name: {{ include "geonode.fullname" .root }}-{{ .name | default .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "geonode.labels" . | nindent 2 }}
{{- end }}

{{- /* What charts/geosluice calls its objects, from its release's name. */ -}}
{{- define "geonode.geosluiceName" -}}
{{- $release := .Values.geosluice.release -}}
{{- ternary $release (printf "%s-geosluice" $release) (contains "geosluice" $release) -}}
{{- end }}

{{- define "geonode.geosluiceUrl" -}}
{{- $host := printf "%s-gateway" (include "geonode.geosluiceName" .) -}}
{{- with .Values.geosluice.namespace }}{{ $host = printf "%s.%s" $host . }}{{ end -}}
{{- .Values.geosluice.url | default (printf "http://%s:8080" $host) -}}
{{- end }}

{{- define "geonode.siteHost" -}}
{{- regexReplaceAll ":[0-9]+$" (urlParse .Values.site.url).host "" -}}
{{- end }}
