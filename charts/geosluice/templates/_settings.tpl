{{/*
What is drawn at random once a release: the API key, the password of Redis, the certificate. A template may ask as often as it
likes and gets the same: what was drawn is kept beside the values of this rendering, and over upgrades in its Secret.
*/}}
{{- define "geosluice.drawn" -}}
{{- $root := index . 0 -}}{{- $secret := index . 1 -}}{{- $key := index . 2 -}}{{- $length := index . 3 -}}
{{- $id := printf "%s/%s" $secret $key -}}
{{- if not (hasKey $root.Values "drawn") }}{{ $_ := set $root.Values "drawn" dict }}{{ end -}}
{{- if not (hasKey $root.Values.drawn $id) -}}
{{- $there := lookup "v1" "Secret" $root.Release.Namespace $secret | default dict -}}
{{- $kept := get (get $there "data" | default dict) $key | default "" | b64dec -}}
{{- $_ := set $root.Values.drawn $id (default (randAlphaNum $length) $kept) -}}
{{- end -}}
{{- get $root.Values.drawn $id -}}
{{- end -}}

{{- define "geosluice.apiKey" -}}
{{- include "geosluice.drawn" (list . (printf "%s-key" (include "geosluice.fullname" .)) "key" 40) -}}
{{- end -}}

{{/* The same key as the gateway is told of it. */}}
{{- define "geosluice.apiKeyEntry" -}}
chart:read+ingest+admin:{{ include "geosluice.apiKey" . | sha256sum }}
{{- end -}}

{{/* Settings that follow from other values, where nobody gives them: section → key → value. */}}
{{- define "geosluice.derived" -}}
{{- $out := dict -}}
{{- range list "redis" "target" "source" "geoserver" "geonode" "client" }}{{ $_ := set $out . dict }}{{ end -}}
{{- $fullname := include "geosluice.fullname" . -}}
{{- if .Values.redis.enabled -}}
{{- $_ := set $out.redis "url" (printf "redis://%s-redis:6379/0" $fullname) -}}
{{- else if .Values.redis.external.caSecret -}}
{{- $_ := set $out.redis "caFile" (printf "/etc/geosluice/redis-ca/%s" .Values.redis.external.caKey) -}}
{{- end -}}
{{- if .Values.geonode.release -}}
{{- /* by its pod's own name, which has the address it has among the nodes: so it does not count as two of them */ -}}
{{- $_ := set $out.geoserver "url" (printf "http://%s-geoserver-primary-0.%s:8080/geoserver" (include "geosluice.geonodeName" .) (include "geosluice.geonodeHost" (list . "geoserver-nodes"))) -}}
{{- $_ := set $out.geoserver "nodes" (list (printf "dns+http://%s:8080/geoserver" (include "geosluice.geonodeHost" (list . "geoserver-nodes")))) -}}
{{- $_ := set $out.geonode "url" (printf "http://%s:8000" (include "geosluice.geonodeHost" (list . "django"))) -}}
{{- if .Values.geonode.minio -}}
{{- $_ := set $out.target "bucket" "geosluice" -}}
{{- $_ := set $out.target "endpoint" (printf "http://%s:9000" (include "geosluice.geonodeHost" (list . "minio"))) -}}
{{- end -}}
{{- if or .Values.geonode.minio .Values.config.target.endpoint }}{{ $_ := set $out.geoserver "alias" "geosluice" }}{{ end -}}
{{- end -}}
{{- if .Values.gateway.enabled -}}
{{- $_ := set $out.client "url" (printf "http://%s-gateway:%d" $fullname (int .Values.gateway.service.port)) -}}
{{- end -}}
{{- $_ := set $out.client "machine" "helm-test" -}}
{{- $bucket := default $out.target.bucket .Values.config.target.bucket -}}
{{- $allowed := .Values.config.source.allowBuckets | default list -}}
{{- if .Values.config.client.inbox -}}
{{- $inbox := trimPrefix "s3://" .Values.config.client.inbox -}}
{{- if not $allowed }}{{ $_ := set $out.source "allowBuckets" (list (ternary (trimSuffix "/" $inbox) $inbox (not (regexMatch "/." $inbox)))) }}{{ end -}}
{{- else if $allowed -}}
{{- $first := index $allowed 0 -}}
{{- $_ := set $out.client "inbox" (printf "s3://%s/" (trimSuffix "/" $first)) -}}
{{- else if and .Values.geonode.release .Values.geonode.minio -}}
{{- $_ := set $out.source "allowBuckets" (list "inbox") -}}
{{- $_ := set $out.client "inbox" "s3://inbox/" -}}
{{- else if $bucket -}}
{{- $_ := set $out.source "allowBuckets" (list (printf "%s/inbox/" $bucket)) -}}
{{- $_ := set $out.client "inbox" (printf "s3://%s/inbox/" $bucket) -}}
{{- end -}}
{{- toJson $out -}}
{{- end -}}

{{/* Settings that a Secret not of this file holds: section → key → {name, key, own}; `own`: the reader named it. */}}
{{- define "geosluice.references" -}}
{{- $out := dict -}}
{{- range list "redis" "target" "source" "geoserver" "geonode" "gateway" "client" }}{{ $_ := set $out . dict }}{{ end -}}
{{- if .Values.redis.enabled -}}
{{- $auth := .Values.redis.auth -}}
{{- $name := default (printf "%s-redis-auth" (include "geosluice.fullname" .)) $auth.existingSecret -}}
{{- $_ := set $out.redis "password" (dict "name" $name "key" (ternary $auth.key "password" (ne $auth.existingSecret ""))) -}}
{{- end -}}
{{- if include "geosluice.geonodeHere" . -}}
{{- $geonode := include "geosluice.geonodeName" . -}}
{{- range list "user" "password" -}}
{{- $_ := set $out.geoserver . (dict "name" (printf "%s-geoserver-admin" $geonode) "key" .) -}}
{{- $_ := set $out.geonode . (dict "name" (printf "%s-geonode-admin" $geonode) "key" .) -}}
{{- end -}}
{{- if .Values.geonode.minio -}}
{{- $_ := set $out.target "accessKeyId" (dict "name" (printf "%s-s3" $geonode) "key" "accessKey") -}}
{{- $_ := set $out.target "secretAccessKey" (dict "name" (printf "%s-s3" $geonode) "key" "secretKey") -}}
{{- end -}}
{{- end -}}
{{- if .Values.key.create -}}
{{- $_ := set $out.client "key" (dict "name" (printf "%s-key" (include "geosluice.fullname" .)) "key" "key") -}}
{{- end -}}
{{- range $section, $secret := .Values.secrets -}}
{{- if $secret.existingSecret -}}
{{- range $key, $inSecret := $secret.keys -}}
{{- $_ := set (get $out $section) $key (dict "name" $secret.existingSecret "key" $inSecret "own" true) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $out -}}
{{- end -}}

{{/* A value as the text of an environment variable; an empty list is no text at all. */}}
{{- define "geosluice.text" -}}
{{- if kindIs "slice" . }}{{ join "," . -}}
{{- else if kindIs "bool" . }}{{ toString . -}}
{{- else if kindIs "float64" . }}{{ printf "%d" (int64 .) -}}
{{- else if not (kindIs "invalid" .) }}{{ toString . -}}
{{- end -}}
{{- end -}}

{{/*
Where every setting comes from: section → list of {env, key, secret, text} or {env, key, name, secretKey}. What the reader gives
goes before what a Secret of another chart holds, and that before what follows from other values.
*/}}
{{- define "geosluice.resolved" -}}
{{- $root := . -}}
{{- $derived := include "geosluice.derived" . | fromJson -}}
{{- $references := include "geosluice.references" . | fromJson -}}
{{- $out := dict -}}
{{- range (.Files.Get "files/settings.json" | fromJson).settings -}}
{{- $given := include "geosluice.text" (get (get $root.Values.config .section | default dict) .key) -}}
{{- $follows := include "geosluice.text" (get (get $derived .section | default dict) .key) -}}
{{- $reference := get (get $references .section | default dict) .key | default dict -}}
{{- $entry := dict "env" .env "key" .key "section" .section "secret" .secret -}}
{{- if and (eq .env "GEOSLUICE_KEYS") $root.Values.key.create -}}
{{- $entry = set $entry "chartKey" true -}}
{{- if not $reference.own }}{{ $given = list (include "geosluice.apiKeyEntry" $root) $given | compact | join "," }}{{ end -}}
{{- end -}}
{{- if and $reference.name (or $reference.own (not $given)) -}}
{{- $entry = set (set $entry "name" $reference.name) "secretKey" $reference.key -}}
{{- else -}}
{{- $entry = set $entry "text" (default $follows $given) -}}
{{- end -}}
{{- if or $entry.name $entry.text -}}
{{- $_ := set $out .section (append (get $out .section | default list) $entry) -}}
{{- end -}}
{{- end -}}
{{- toJson $out -}}
{{- end -}}

{{/* Sections that a process reads: (list $ "upload"), as JSON. */}}
{{- define "geosluice.sectionsOf" -}}
{{- $root := index . 0 -}}
{{- get ($root.Files.Get "files/settings.json" | fromJson).processes (index . 1) | default list | toJson -}}
{{- end -}}

{{/* Sections that anything of this release reads, as JSON. */}}
{{- define "geosluice.sectionsRead" -}}
{{- $root := . -}}{{- $out := list -}}
{{- range include "geosluice.components" . | fromJsonArray -}}
{{- $process := ternary "smoke" . (eq . "test") -}}
{{- range include "geosluice.sectionsOf" (list $root $process) | fromJsonArray }}{{ $out = append $out . }}{{ end -}}
{{- end -}}
{{- uniq $out | toJson -}}
{{- end -}}

{{/* Name of a section in the names of objects. */}}
{{- define "geosluice.sectionName" -}}
{{- kebabcase . -}}
{{- end -}}

{{/* `envFrom` and `env` of a process: (list $ "upload" extraEnv). Only the sections it reads; secrets one by one. */}}
{{- define "geosluice.environment" -}}
{{- $root := index . 0 -}}{{- $process := index . 1 -}}{{- $extra := index . 2 -}}
{{- $fullname := include "geosluice.fullname" $root -}}
{{- $resolved := include "geosluice.resolved" $root | fromJson -}}
{{- $maps := list -}}{{- $env := list -}}
{{- range $section := include "geosluice.sectionsOf" (list $root $process) | fromJsonArray -}}
{{- $public := false -}}
{{- range get $resolved $section -}}
{{- if .name -}}
{{- $from := dict "secretKeyRef" (dict "name" .name "key" .secretKey) -}}
{{- if .chartKey -}}
{{- $own := dict "secretKeyRef" (dict "name" (printf "%s-key" $fullname) "key" "entry") -}}
{{- $env = concat $env (list (dict "name" "KEY_OF_CHART" "valueFrom" $own) (dict "name" "KEYS_OF_SECRET" "valueFrom" $from)) -}}
{{- $env = append $env (dict "name" .env "value" "$(KEY_OF_CHART),$(KEYS_OF_SECRET)") -}}
{{- else -}}
{{- $env = append $env (dict "name" .env "valueFrom" $from) -}}
{{- end -}}
{{- else if .secret -}}
{{- $name := printf "%s-%s" $fullname (include "geosluice.sectionName" $section) -}}
{{- $env = append $env (dict "name" .env "valueFrom" (dict "secretKeyRef" (dict "name" $name "key" .env))) -}}
{{- else -}}
{{- $public = true -}}
{{- end -}}
{{- end -}}
{{- if $public -}}
{{- $name := printf "%s-config-%s" $fullname (include "geosluice.sectionName" $section) -}}
{{- $maps = append $maps (dict "configMapRef" (dict "name" $name)) -}}
{{- end -}}
{{- end -}}
{{- if include "geosluice.trusts" $root -}}
{{- $env = append $env (dict "name" "NODE_EXTRA_CA_CERTS" "value" (printf "/etc/geosluice/trust/%s" $root.Values.trust.key)) -}}
{{- end -}}
{{- if include "geosluice.ruled" . -}}
{{- $env = append $env (dict "name" "GEOSLUICE_RULES_FILE" "value" "/etc/geosluice/rules/rules.yaml") -}}
{{- end -}}
{{- with $maps }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat $env $extra }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "geosluice.trusts" -}}
{{- if or .Values.trust.existingSecret .Values.trust.existingConfigMap }}true{{ end -}}
{{- end -}}

{{/* Changes when a setting of the process does, so that its pods are made anew: (list $ "upload"). */}}
{{- define "geosluice.checksum" -}}
{{- $root := index . 0 -}}
{{- $resolved := include "geosluice.resolved" $root | fromJson -}}
{{- $read := list -}}
{{- range $section := include "geosluice.sectionsOf" . | fromJsonArray }}{{ $read = append $read (get $resolved $section) }}{{ end -}}
{{- if include "geosluice.ruled" . }}{{ $read = append $read $root.Values.rules }}{{ end -}}
{{- $read | toJson | sha256sum -}}
{{- end -}}
