{{/* Components of this release, as JSON. */}}
{{- define "geosluice.components" -}}
{{- $out := list -}}
{{- if .Values.redis.enabled }}{{ $out = append $out "redis" }}{{ end -}}
{{- range list "gateway" "discover" "upload" "publish" "register" -}}
{{- if (get $.Values .).enabled }}{{ $out = append $out . }}{{ end -}}
{{- end -}}
{{- if eq .Values.autoscaling.mode "external" }}{{ $out = append $out "external-metrics" }}{{ end -}}
{{- if .Values.sweepUploads.enabled }}{{ $out = append $out "sweep-uploads" }}{{ end -}}
{{- if include "geosluice.tests" . }}{{ $out = append $out "test" }}{{ end -}}
{{- toJson $out -}}
{{- end -}}

{{/* Whether `helm test` sends a raster: it needs a gateway and a key. */}}
{{- define "geosluice.tests" -}}
{{- if and .Values.test.enabled .Values.gateway.enabled (or .Values.key.create .Values.config.client.key .Values.secrets.client.existingSecret) }}true{{ end -}}
{{- end -}}

{{/* Workers that run, as JSON. */}}
{{- define "geosluice.workers" -}}
{{- $out := list -}}
{{- range list "discover" "upload" "publish" "register" -}}
{{- if (get $.Values .).enabled }}{{ $out = append $out . }}{{ end -}}
{{- end -}}
{{- toJson $out -}}
{{- end -}}

{{/* What every pod of our processes has: (list $ "upload"). */}}
{{- define "geosluice.podBase" -}}
{{- $root := index . 0 -}}
serviceAccountName: {{ include "geosluice.fullname" $root }}-{{ index . 1 }}
automountServiceAccountToken: false
# a Service named geosluice-… would add variables named GEOSLUICE_…, which the processes refuse as misspelled settings
enableServiceLinks: false
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- with $root.Values.podSecurity.runAsUser }}
  runAsUser: {{ int64 . }}
  {{- end }}
  {{- with $root.Values.podSecurity.runAsGroup }}
  runAsGroup: {{ int64 . }}
  fsGroup: {{ int64 . }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* What every container has, Redis's too. */}}
{{- define "geosluice.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Image of a process and when it is pulled: (list $ "upload"). */}}
{{- define "geosluice.containerImage" -}}
image: {{ include "geosluice.image" . | quote }}
imagePullPolicy: {{ (index . 0).Values.image.pullPolicy }}
{{- end -}}

{{/* Volumes of our processes, as a list: (list $ sections). */}}
{{- define "geosluice.volumes" -}}
{{- $root := index . 0 -}}
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
{{- if include "geosluice.trusts" $root }}
- name: trust
  {{- if $root.Values.trust.existingSecret }}
  secret:
    secretName: {{ $root.Values.trust.existingSecret }}
  {{- else }}
  configMap:
    name: {{ $root.Values.trust.existingConfigMap }}
  {{- end }}
{{- end }}
{{- if include "geosluice.ruled" . }}
- name: rules
  configMap:
    name: {{ include "geosluice.fullname" $root }}-rules
{{- end }}
{{- if include "geosluice.redisCa" . }}
- name: redis-ca
  secret:
    secretName: {{ $root.Values.redis.external.caSecret }}
{{- end }}
{{- end -}}

{{/* Their mounts: (list $ process). */}}
{{- define "geosluice.volumeMounts" -}}
{{- $root := index . 0 -}}
- name: tmp
  mountPath: /tmp
{{- if include "geosluice.trusts" $root }}
- name: trust
  mountPath: /etc/geosluice/trust
  readOnly: true
{{- end }}
{{- if include "geosluice.ruled" . }}
- name: rules
  mountPath: /etc/geosluice/rules
  readOnly: true
{{- end }}
{{- if include "geosluice.redisCa" . }}
- name: redis-ca
  mountPath: /etc/geosluice/redis-ca
  readOnly: true
{{- end }}
{{- end -}}

{{/* Whether a process reads the chart's rules: (list $ process). */}}
{{- define "geosluice.ruled" -}}
{{- if and (index . 0).Values.rules (eq (index . 1) "discover") }}true{{ end -}}
{{- end -}}

{{/* Whether a process needs the certificate authority of an external Redis: (list $ process). */}}
{{- define "geosluice.redisCa" -}}
{{- $root := index . 0 -}}
{{- if and (not $root.Values.redis.enabled) $root.Values.redis.external.caSecret (has "redis" (include "geosluice.sectionsOf" . | fromJsonArray)) }}true{{ end -}}
{{- end -}}

{{/* Where a component's pods run: (list $ "upload" values). */}}
{{- define "geosluice.placement" -}}
{{- $root := index . 0 -}}{{- $values := index . 2 -}}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- if $values.topologySpreadConstraints }}
  {{- toYaml $values.topologySpreadConstraints | nindent 2 }}
{{- else }}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    # a full node is no reason to wait: the queue is
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "geosluice.selector" (list $root (index $ 1)) | nindent 8 }}
    # pods that an update takes away do not count
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}
{{- end -}}

{{/* Seconds from SIGTERM to SIGKILL: what a process gets to hand its work back, and a margin in which it ends by itself. */}}
{{- define "geosluice.graceSeconds" -}}
{{- add (int (default 20 .Values.config.process.graceSeconds)) 15 -}}
{{- end -}}
