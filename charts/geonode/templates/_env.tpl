{{- /* The name of the Secret a group of logins is in: (dict "root" $ "group" "geoserverAdmin"). */ -}}
{{- define "geonode.secretName" -}}
{{- $group := get .root.Values.secrets .group -}}
{{- $group.existingSecret | default (printf "%s-%s" (include "geonode.fullname" .root) (include "geonode.secretSuffix" .group)) -}}
{{- end }}

{{- define "geonode.secretSuffix" -}}
{{- get (dict "geoserverAdmin" "geoserver-admin" "geonodeAdmin" "geonode-admin") . | default . -}}
{{- end }}

{{- /* One environment variable from a Secret: (dict "root" $ "env" "OAUTH2_CLIENT_ID" "group" "oauth" "key" "clientId"). */ -}}
{{- define "geonode.secretEnv" -}}
- name: {{ .env }}
  valueFrom:
    secretKeyRef:
      name: {{ include "geonode.secretName" . }}
      key: {{ get (get .root.Values.secrets .group).keys .key }}
{{- end }}

{{- define "geonode.oauthEnv" -}}
{{ include "geonode.secretEnv" (dict "root" . "env" "OAUTH2_CLIENT_ID" "group" "oauth" "key" "clientId") }}
{{ include "geonode.secretEnv" (dict "root" . "env" "OAUTH2_CLIENT_SECRET" "group" "oauth" "key" "clientSecret") }}
{{- end }}

{{- define "geonode.geoserverAdminEnv" -}}
{{ include "geonode.secretEnv" (dict "root" . "env" "GEOSERVER_ADMIN_USER" "group" "geoserverAdmin" "key" "user") }}
{{ include "geonode.secretEnv" (dict "root" . "env" "GEOSERVER_ADMIN_PASSWORD" "group" "geoserverAdmin" "key" "password") }}
{{- end }}

{{- define "geonode.snapshotTokenEnv" -}}
{{ include "geonode.secretEnv" (dict "root" . "env" "SNAPSHOT_TOKEN" "group" "snapshot" "key" "token") }}
{{- end }}

{{- define "geonode.s3KeysEnv" -}}
{{ include "geonode.secretEnv" (dict "root" . "env" "AWS_ACCESS_KEY_ID" "group" "s3" "key" "accessKey") }}
{{ include "geonode.secretEnv" (dict "root" . "env" "AWS_SECRET_ACCESS_KEY" "group" "s3" "key" "secretKey") }}
{{- end }}

{{- /* S3 for the scripts and for Django. */ -}}
{{- define "geonode.s3Env" -}}
- name: S3_ENDPOINT
  value: {{ include "geonode.s3Endpoint" . | quote }}
- name: S3_FORCE_PATH_STYLE
  value: {{ include "geonode.s3PathStyle" . | quote }}
- name: AWS_REGION
  value: {{ .Values.s3.region | quote }}
{{ include "geonode.s3KeysEnv" . }}
{{- end }}

{{- define "geonode.s3Endpoint" -}}
{{- if .Values.s3.endpoint }}{{ .Values.s3.endpoint }}
{{- else if .Values.minio.enabled }}{{ printf "http://%s-minio:9000" (include "geonode.fullname" .) }}
{{- else }}{{ printf "https://s3.%s.amazonaws.com" .Values.s3.region }}
{{- end }}
{{- end }}

{{- define "geonode.s3PathStyle" -}}
{{- $told := .Values.s3.forcePathStyle -}}
{{- ternary (or .Values.minio.enabled (ne .Values.s3.endpoint "")) $told (kindIs "invalid" $told) -}}
{{- end }}

{{- define "geonode.postgisHost" -}}
{{- ternary (printf "%s-postgis" (include "geonode.fullname" .)) .Values.postgis.external.host .Values.postgis.enabled -}}
{{- end }}

{{- define "geonode.postgisPort" -}}
{{- ternary 5432 .Values.postgis.external.port .Values.postgis.enabled -}}
{{- end }}

{{- define "geonode.databaseEnv" -}}
{{- $at := printf "%s:%v" (include "geonode.postgisHost" .) (include "geonode.postgisPort" .) -}}
{{- $names := .Values.postgis.databases -}}
{{ include "geonode.secretEnv" (dict "root" . "env" "GEONODE_DATABASE_PASSWORD" "group" "postgis" "key" "geonodePassword") }}
{{ include "geonode.secretEnv" (dict "root" . "env" "GEONODE_GEODATABASE_PASSWORD" "group" "postgis" "key" "geodataPassword") }}
- name: DATABASE_URL
  value: {{ printf "postgis://%s:$(GEONODE_DATABASE_PASSWORD)@%s/%s" $names.geonode.user $at $names.geonode.name | quote }}
- name: GEODATABASE_URL
  value: {{ printf "postgis://%s:$(GEONODE_GEODATABASE_PASSWORD)@%s/%s" $names.geodata.user $at $names.geodata.name | quote }}
{{- end }}

{{- define "geonode.redisEnv" -}}
{{- $redis := .Values.redis -}}
{{- $external := $redis.external -}}
{{- $auth := or $redis.enabled $external.auth -}}
{{- $scheme := ternary "rediss" "redis" (and (not $redis.enabled) $external.tls) -}}
{{- $host := ternary (printf "%s-redis:6379" (include "geonode.fullname" .)) (printf "%s:%v" $external.host $external.port) $redis.enabled -}}
{{- $user := ternary "" $external.user $redis.enabled -}}
{{- $login := ternary (printf "%s:$(REDIS_PASSWORD)@" $user) "" $auth -}}
{{- if $auth }}
{{- include "geonode.secretEnv" (dict "root" . "env" "REDIS_PASSWORD" "group" "redis" "key" "password") }}
{{ end -}}
- name: BROKER_URL
  value: {{ printf "%s://%s%s/%v" $scheme $login $host (ternary 0 $external.brokerDatabase $redis.enabled) | quote }}
- name: CELERY_RESULT_BACKEND
  value: {{ printf "%s://%s%s/%v" $scheme $login $host (ternary 1 $external.resultDatabase $redis.enabled) | quote }}
{{- end }}

{{- /* Everything Django needs, for Django, Celery and the bootstrap alike. */ -}}
{{- define "geonode.djangoEnv" -}}
envFrom:
  - configMapRef:
      name: {{ include "geonode.fullname" . }}-django
env:
  {{- include "geonode.databaseEnv" . | nindent 2 }}
  {{- include "geonode.redisEnv" . | nindent 2 }}
  {{- include "geonode.secretEnv" (dict "root" . "env" "SECRET_KEY" "group" "geonodeAdmin" "key" "secretKey") | nindent 2 }}
  {{- include "geonode.oauthEnv" . | nindent 2 }}
  {{- include "geonode.geoserverAdminEnv" . | nindent 2 }}
  {{- include "geonode.s3KeysEnv" . | nindent 2 }}
  {{- if include "geonode.openid" . }}
  {{- include "geonode.secretEnv" (dict "root" . "env" "OIDC_RSA_PRIVATE_KEY" "group" "oauth" "key" "privateKey") | nindent 2 }}
  {{- end }}
  {{- if or .Values.geosluice.keySecret (not .Values.geosluice.namespace) }}
  # the gateway's key, once charts/geosluice is there
  - name: GEOSLUICE_KEY
    valueFrom:
      secretKeyRef:
        name: {{ .Values.geosluice.keySecret | default (printf "%s-key" (include "geonode.geosluiceName" .)) }}
        key: key
        optional: true
  {{- end }}
{{- end }}

{{- /* GeoServer 3 trusts what GeoNode signs: with a key of this release, GeoNode's own being known to everybody. */ -}}
{{- define "geonode.openid" -}}
{{- if eq .Values.geoserver.auth "openid-connect" }}true{{ end -}}
{{- end }}

{{- /* A queue of this pod's own for the tasks of GeoNode's importer; with media in the pod, Django does them itself. */ -}}
{{- define "geonode.uploadQueueEnv" -}}
{{- if ne .Values.media.storage "pod" -}}
{{- include "geonode.podNameEnv" . }}
- {name: GEOSLUICE_UPLOAD_QUEUE, value: uploads.$(POD_NAME)}
{{- end }}
{{- end }}
