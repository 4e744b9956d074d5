{{- /* Init containers in the order things come up: what Django talks to, then the bootstrap that fills it. */ -}}
{{- define "geonode.djangoWaits" -}}
{{- $geoserver := printf "http://%s-geoserver-primary:8080/geoserver/" (include "geonode.fullname" .) -}}
- name: wait-for-services
  {{- include "geonode.image" (dict "root" . "image" .Values.django.image) | nindent 2 }}
  {{- include "geonode.containerSecurity" . | nindent 2 }}
  command: [python, /opt/geosluice/scripts/wait_for.py]
  args: ["--timeout", {{ .Values.django.waitTimeoutSeconds | quote }}, "env:DATABASE_URL", "env:GEODATABASE_URL", "env:BROKER_URL", {{ $geoserver | quote }}]
  {{- include "geonode.djangoEnv" . | nindent 2 }}
  {{- include "geonode.initResources" . | nindent 2 }}
  volumeMounts:
    {{- include "geonode.scriptMounts" . | nindent 4 }}
- name: wait-for-bootstrap
  {{- include "geonode.image" (dict "root" . "image" .Values.django.image) | nindent 2 }}
  {{- include "geonode.containerSecurity" . | nindent 2 }}
  command: [python, /opt/geosluice/scripts/wait_for_bootstrap.py]
  args: ["--timeout", {{ .Values.django.waitTimeoutSeconds | quote }}]
  {{- include "geonode.djangoEnv" . | nindent 2 }}
  resources:
    {{- include "geonode.resources" (dict "root" . "piece" "beat") | nindent 4 }}
  volumeMounts:
    {{- include "geonode.scriptMounts" . | nindent 4 }}
{{- end }}

{{- define "geonode.initResources" -}}
resources:
  {{- include "geonode.resources" (dict "root" . "piece" "sidecar") | nindent 2 }}
{{- end }}

{{- define "geonode.mediaVolume" -}}
- name: media
  emptyDir:
    sizeLimit: {{ .Values.media.podSizeLimit }}
{{- end }}
{{- /* Restarts pods where their settings changed; secrets are not in it, since what is made up differs before the first install. */ -}}
{{- define "geonode.djangoChecksum" -}}
checksum/config: {{ include (print .Template.BasePath "/django/configmap.yaml") . | sha256sum }}
checksum/scripts: {{ include (print .Template.BasePath "/scripts.yaml") . | sha256sum }}
{{- end }}
