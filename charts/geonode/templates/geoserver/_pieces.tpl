{{- /* What both roles share. "here" is (dict "root" $ "role" "primary"). */ -}}

{{- /* A map of a layer that is not there: goes the whole way through the dispatcher and the catalog, and costs nothing. */ -}}
{{- define "geonode.mapProbe" -}}
httpGet:
  path: /geoserver/ows?service=WMS&version=1.1.1&request=GetMap&layers=geosluice_is_it_up&styles=&srs=EPSG:4326&bbox=0,0,1,1&width=1&height=1&format=image/png
  port: http
{{- end }}

{{- define "geonode.dataDirEnv" -}}
- {name: GEOSERVER_DATA_DIR, value: /var/lib/geoserver/data}
- {name: PYTHONDONTWRITEBYTECODE, value: "1"}
- {name: PYTHONUNBUFFERED, value: "1"}
{{- end }}

{{- define "geonode.snapshotUrlEnv" -}}
- {name: SNAPSHOT_URL, value: "http://{{ include "geonode.fullname" . }}-geoserver-snapshot:8090"}
{{- include "geonode.snapshotTokenEnv" . | nindent 0 }}
{{- end }}

{{- define "geonode.snapshotStoreEnv" -}}
- {name: SNAPSHOT_BUCKET, value: {{ .Values.s3.buckets.snapshots | quote }}}
- {name: SNAPSHOT_PREFIX, value: {{ .Values.geoserver.snapshot.prefix | quote }}}
{{- include "geonode.s3Env" . | nindent 0 }}
{{- end }}

{{- define "geonode.podNameEnv" -}}
- name: POD_NAME
  valueFrom:
    fieldRef: {fieldPath: metadata.name}
{{- end }}

{{- /* Waits for what GeoServer does not start without. */ -}}
{{- define "geonode.geoserverWait" -}}
- name: wait-for-services
  {{- include "geonode.image" (dict "root" . "image" .Values.django.image) | nindent 2 }}
  {{- include "geonode.containerSecurity" . | nindent 2 }}
  command: [python, /opt/geosluice/scripts/wait_for.py]
  args:
    - --timeout
    - {{ .Values.django.waitTimeoutSeconds | quote }}
    - tcp://{{ include "geonode.fullname" . }}-activemq:61616
    {{- if include "geonode.geofence" . }}
    - env:GEODATABASE_URL
    {{- end }}
  env:
    {{- include "geonode.dataDirEnv" . | nindent 4 }}
    {{- if include "geonode.geofence" . }}
    {{- include "geonode.databaseEnv" . | nindent 4 }}
    {{- end }}
  {{- include "geonode.initResources" . | nindent 2 }}
  volumeMounts:
    {{- include "geonode.scriptMounts" . | nindent 4 }}
{{- end }}

{{- /* Edits the security files before GeoServer reads them. */ -}}
{{- define "geonode.geoserverSecurity" -}}
- name: oauth-config
  {{- include "geonode.image" (dict "root" . "image" .Values.django.image) | nindent 2 }}
  {{- include "geonode.containerSecurity" . | nindent 2 }}
  command: [python, /opt/geosluice/scripts/oauth_config.py]
  env:
    {{- include "geonode.dataDirEnv" . | nindent 4 }}
    - {name: GEOSERVER_AUTH, value: {{ .Values.geoserver.auth }}}
    - {name: GEONODE_PUBLIC_URL, value: {{ .Values.site.url | quote }}}
    - {name: GEONODE_INTERNAL_URL, value: "http://{{ include "geonode.fullname" . }}-django:8000"}
    - {name: GEOSERVER_PUBLIC_URL, value: {{ printf "%s/geoserver" .Values.site.url | quote }}}
    {{- include "geonode.oauthEnv" . | nindent 4 }}
  {{- include "geonode.initResources" . | nindent 2 }}
  volumeMounts:
    {{- include "geonode.dataMounts" . | nindent 4 }}
- name: geoserver-admin
  {{- include "geonode.image" (dict "root" . "image" .Values.django.image) | nindent 2 }}
  {{- include "geonode.containerSecurity" . | nindent 2 }}
  command: [python, /opt/geosluice/scripts/geoserver_admin.py]
  env:
    {{- include "geonode.dataDirEnv" . | nindent 4 }}
    {{- include "geonode.geoserverAdminEnv" . | nindent 4 }}
  {{- include "geonode.initResources" . | nindent 2 }}
  volumeMounts:
    {{- include "geonode.dataMounts" . | nindent 4 }}
{{- end }}

{{- define "geonode.dataMounts" -}}
{{ include "geonode.scriptMounts" . }}
- {name: data, mountPath: /var/lib/geoserver/data}
{{- end }}

{{- define "geonode.geofence" -}}
{{- if and .Values.geoserver.geofence (eq .Values.geoserver.auth "geonode-oauth2") }}true{{ end -}}
{{- end }}

{{- define "geonode.geoserverEnv" -}}
{{- $root := .root -}}
- {name: GEOSERVER_DATA_DIR, value: /var/lib/geoserver/data}
{{- include "geonode.podNameEnv" . | nindent 0 }}
- {name: CLUSTER_ENABLED, value: "true"}
- {name: CLUSTER_ROLE, value: {{ .role }}}
- {name: CLUSTER_INSTANCE_NAME, value: $(POD_NAME)}
- {name: CLUSTER_BROKER_URL, value: "tcp://{{ include "geonode.fullname" $root }}-activemq:61616"}
{{- include "geonode.secretEnv" (dict "root" $root "env" "CLUSTER_BROKER_USER" "group" "activemq" "key" "user") | nindent 0 }}
{{- include "geonode.secretEnv" (dict "root" $root "env" "CLUSTER_BROKER_PASSWORD" "group" "activemq" "key" "password") | nindent 0 }}
- {name: S3_ALIAS, value: {{ $root.Values.s3.alias | quote }}}
- {name: S3_ENDPOINT, value: {{ include "geonode.s3Endpoint" $root | quote }}}
- {name: S3_REGION, value: {{ $root.Values.s3.region | quote }}}
{{- include "geonode.secretEnv" (dict "root" $root "env" "S3_ACCESS_KEY" "group" "s3" "key" "accessKey") | nindent 0 }}
{{- include "geonode.secretEnv" (dict "root" $root "env" "S3_SECRET_KEY" "group" "s3" "key" "secretKey") | nindent 0 }}
{{- if include "geonode.geofence" $root }}
- {name: GEOFENCE_DATABASE_URL, value: "jdbc:postgresql://{{ include "geonode.postgisHost" $root }}:{{ include "geonode.postgisPort" $root }}/{{ $root.Values.postgis.databases.geodata.name }}"}
- {name: GEOFENCE_DATABASE_USER, value: {{ $root.Values.postgis.databases.geodata.user | quote }}}
{{- include "geonode.secretEnv" (dict "root" $root "env" "GEOFENCE_DATABASE_PASSWORD" "group" "postgis" "key" "geodataPassword") | nindent 0 }}
{{- end }}
- {name: JAVA_OPTS, value: {{ printf "-XX:MaxRAMPercentage=%v -XX:+ExitOnOutOfMemoryError %s" $root.Values.geoserver.heapPercent $root.Values.geoserver.javaOptions | trim | quote }}}
{{- end }}

{{- /* The server itself; probes but the first are the role's. */ -}}
{{- define "geonode.geoserverContainer" -}}
name: geoserver
{{ include "geonode.image" (dict "root" .root "image" .root.Values.geoserver.image) }}
{{ include "geonode.containerSecurity" .root }}
command: [/opt/geosluice/start.sh]
env:
  {{- include "geonode.geoserverEnv" . | nindent 2 }}
ports:
  - {name: http, containerPort: 8080}
startupProbe:
  {{- include "geonode.mapProbe" . | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: {{ div .root.Values.geoserver.startTimeoutSeconds 5 }}
lifecycle:
  preStop:
    sleep: {seconds: 5}
resources:
  {{- include "geonode.resources" (dict "root" .root "piece" .role "resources" (get .root.Values.geoserver .role).resources) | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: data, mountPath: /var/lib/geoserver/data}
{{- end }}

{{- /* What a changed setting must restart: security files are edited at start. */ -}}
{{- define "geonode.geoserverChecksum" -}}
checksum/scripts: {{ include (print .Template.BasePath "/scripts.yaml") . | sha256sum }}
{{- end }}
