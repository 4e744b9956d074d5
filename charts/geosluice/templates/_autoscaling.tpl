{{/* Whether an autoscaler owns the number of a component's pods: (list $ "upload"). */}}
{{- define "geosluice.autoscaled" -}}
{{- $root := index . 0 -}}
{{- if and (ne $root.Values.autoscaling.mode "none") (get $root.Values (index . 1)).autoscaling.enabled }}true{{ end -}}
{{- end -}}

{{/*
Fewest pods of a worker: (list $ "upload"). None only where the backlog is looked at and the cluster can start from none; one of
discover always, since watches and the sweep are jobs that only a worker makes due.
*/}}
{{- define "geosluice.fewest" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}
{{- if and (ne $name "discover") (include "geosluice.zero" $root) }}0{{ else }}{{ max 1 (int (get $root.Values $name).autoscaling.min) }}{{ end -}}
{{- end -}}

{{- define "geosluice.zero" -}}
{{- $scaling := .Values.autoscaling -}}
{{- if and $scaling.scaleToZero (has $scaling.mode (list "external" "prometheus" "keda")) -}}
{{- if or (eq $scaling.mode "keda") $scaling.allowZeroOnOlderClusters (semverCompare ">=1.37.0-0" .Capabilities.KubeVersion.Version) }}true{{ end -}}
{{- end -}}
{{- end -}}

{{/* Whether a component was scaled to none by a mode that may, and is now to be scaled by one that may not: (list $ "upload"). */}}
{{- define "geosluice.standsAtNone" -}}
{{- $root := index . 0 -}}
{{- if ne (include "geosluice.fewest" .) "0" -}}
{{- $there := lookup "apps/v1" "Deployment" $root.Release.Namespace (printf "%s-%s" (include "geosluice.fullname" $root) (index . 1)) -}}
{{- if and $there (eq (int (dig "spec" "replicas" 1 $there)) 0) }}true{{ end -}}
{{- end -}}
{{- end -}}

{{/* Triggers of KEDA for one stage: (list $ "upload"). */}}
{{- define "geosluice.kedaTriggers" -}}
{{- $root := index . 0 -}}{{- $stage := index . 1 -}}
{{- $keda := $root.Values.autoscaling.keda -}}{{- $redis := $root.Values.config.redis -}}
{{- $type := "redis" -}}{{- $metadata := dict "databaseIndex" (toString (int $keda.database)) -}}
{{- if $root.Values.redis.enabled -}}
{{- $_ := set $metadata "address" (printf "%s-redis.%s.svc:6379" (include "geosluice.fullname" $root) $root.Release.Namespace) -}}
{{- else if $redis.sentinels -}}
{{- $type = "redis-sentinel" -}}
{{- $_ := set (set $metadata "addresses" (join "," $redis.sentinels)) "sentinelMaster" $redis.sentinelName -}}
{{- else if $redis.cluster -}}
{{- $type = "redis-cluster" -}}
{{- $metadata = dict "addresses" (join "," $redis.cluster) -}}
{{- else -}}
{{- $host := regexReplaceAll "^rediss?://([^/@]*@)?([^/?#]*).*$" (default "" $redis.url) "${2}" -}}
{{- $_ := set $metadata "address" (default (ternary $host (printf "%s:6379" $host) (contains ":" $host)) $keda.address) -}}
{{- end -}}
{{- if or $keda.tls $redis.tls (hasPrefix "rediss:" (default "" $redis.url)) }}{{ $_ := set $metadata "enableTLS" "true" }}{{ end -}}
{{- range list "wait" "prioritized" "active" "delayed" }}
- type: {{ $type }}
  name: {{ . }}
  metadata:
    {{- range $key, $value := $metadata }}
    {{ $key }}: {{ $value | quote }}
    {{- end }}
    listName: {{ printf "{%s}:%s:%s" $redis.prefix $stage . | quote }}
    # the formula judges
    listLength: "1"
  {{- if include "geosluice.kedaSecrets" $root }}
  authenticationRef:
    name: {{ include "geosluice.fullname" $root }}-redis
  {{- end }}
{{- end }}
{{- end -}}

{{/* What KEDA reads from Secrets to reach Redis: a list of {parameter, name, key}. */}}
{{- define "geosluice.kedaSecrets" -}}
{{- $root := . -}}
{{- $parameters := dict "user" "username" "password" "password" "sentinelUser" "sentinelUsername" "sentinelPassword" "sentinelPassword" -}}
{{- range (include "geosluice.resolved" . | fromJson).redis -}}
{{- $parameter := get $parameters .key -}}
{{- if and $parameter .name }}
- { parameter: {{ $parameter }}, name: {{ .name }}, key: {{ .secretKey }} }
{{- else if and $parameter .secret }}
- { parameter: {{ $parameter }}, name: {{ include "geosluice.fullname" $root }}-redis, key: {{ .env }} }
{{- end }}
{{- end }}
{{- with .Values.redis.external }}
{{- if and .caSecret (not $root.Values.redis.enabled) }}
- { parameter: ca, name: {{ .caSecret }}, key: {{ .caKey }} }
{{- end }}
{{- end }}
{{- end -}}
