{{- /* (dict "root" $ "image" .Values.django.image) */ -}}
{{- define "geonode.image" -}}
{{- $registry := .root.Values.image.registry | trimSuffix "/" -}}
{{- $tag := .image.tag | default .root.Chart.AppVersion -}}
image: {{ printf "%s%s:%s" (ternary (printf "%s/" $registry) "" (ne $registry "")) .image.repository $tag | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- end }}

{{- /* Begin of every pod's spec: (dict "root" $ "component" "django" "user" 1000). */ -}}
{{- define "geonode.podSpec" -}}
automountServiceAccountToken: false
serviceAccountName: {{ include "geonode.fullname" .root }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "geonode.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- /* Spread over nodes and zones where there are several; never a reason not to start. */ -}}
{{- define "geonode.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "geonode.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{- define "geonode.podMetadata" -}}
labels:
  {{- include "geonode.labels" . | nindent 2 }}
  {{- with .extraLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := merge (dict) (.annotations | default dict) .root.Values.podAnnotations }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "geonode.tmpVolume" -}}
- name: tmp
  emptyDir: {}
{{- end }}

{{- define "geonode.scriptsVolume" -}}
- name: scripts
  configMap:
    name: {{ include "geonode.fullname" . }}-scripts
    defaultMode: 0555
{{- end }}

{{- define "geonode.scriptMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: scripts, mountPath: /opt/geosluice/scripts, readOnly: true}
{{- end }}

{{- /* A volume claim that no second pod can mount; its name is the same in every StatefulSet: data. */ -}}
{{- define "geonode.claims" -}}
persistentVolumeClaimRetentionPolicy:
  # asleep is scaled to 0: what is there must outlast it
  whenScaled: Retain
  whenDeleted: {{ ternary "Retain" "Delete" .root.Values.persistence.retain }}
volumeClaimTemplates:
  - metadata:
      name: data
      labels:
        {{- include "geonode.selectorLabels" . | nindent 8 }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .storageClass | default .root.Values.persistence.storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ .size }}
{{- end }}
