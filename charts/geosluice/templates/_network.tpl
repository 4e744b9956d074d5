{{/* Peer of a component of this release: (list $ "redis"). */}}
{{- define "geosluice.ownPeer" -}}
- podSelector:
    matchLabels:
      {{- include "geosluice.selector" . | nindent 6 }}
{{- end -}}

{{/* Peer of components of the geonode release: (list $ "minio" …). */}}
{{- define "geosluice.geonodePeer" -}}
{{- $root := index . 0 -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: geonode
      app.kubernetes.io/instance: {{ $root.Values.geonode.release }}
    matchExpressions:
      - key: app.kubernetes.io/component
        operator: In
        values: {{ rest . | toJson }}
  {{- with $root.Values.geonode.namespace }}
  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
  {{- end }}
{{- end -}}

{{/* One rule: (list direction peers ports), where no peers are any address. */}}
{{- define "geosluice.rule" -}}
{{- $direction := index . 0 -}}
- ports:
  {{- range index . 2 }}
    - port: {{ if kindIs "string" . }}{{ . }}{{ else }}{{ int . }}{{ end }}
      protocol: TCP
  {{- end }}
  {{- with index . 1 }}
  {{ ternary "from" "to" (eq $direction "ingress") }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Ports of urls and `host:port`s of which some may be unknown: (list urls default). */}}
{{- define "geosluice.portsOf" -}}
{{- $ports := list -}}
{{- range index . 0 }}{{ with . }}{{ $ports = append $ports (include "geosluice.portOf" . | int) }}{{ end }}{{ end -}}
{{- if not $ports }}{{ $ports = list (index . 1) }}{{ end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* Rule by which a pod reaches a counterpart: (list $ "s3"); nothing where there is none. */}}
{{- define "geosluice.egressTo" -}}
{{- $root := index . 0 -}}{{- $counterpart := index . 1 -}}
{{- $v := $root.Values -}}
{{- $derived := include "geosluice.derived" $root | fromJson -}}
{{- $release := $v.geonode.release -}}
{{- $named := get $v.networkPolicy $counterpart | default dict -}}
{{- $peers := $named.to -}}{{- $urls := list -}}{{- $fallback := 443 -}}
{{- if eq $counterpart "redis" -}}
  {{- if $v.redis.enabled -}}
    {{- $peers = include "geosluice.ownPeer" (list $root "redis") | fromYamlArray -}}{{- $urls = list "redis:" -}}
  {{- else -}}
    {{- $urls = concat (list $v.config.redis.url) ($v.config.redis.sentinels | default list) ($v.config.redis.cluster | default list) -}}
    {{- if $v.config.redis.sentinels }}{{ $urls = append $urls "redis:" }}{{ end -}}
    {{- $fallback = 6379 -}}
  {{- end -}}
{{- else if eq $counterpart "s3" -}}
  {{- $urls = list ($v.config.target.endpoint | default $derived.target.endpoint) $v.config.source.endpoint -}}
  {{- if and $release $v.geonode.minio (not $peers) (not $v.config.target.endpoint) -}}
    {{- $peers = include "geosluice.geonodePeer" (list $root "minio") | fromYamlArray -}}
    {{- if $v.config.source.endpoint }}{{ $peers = list }}{{ end -}}
  {{- end -}}
{{- else if eq $counterpart "sources" -}}
  {{- range $v.config.source.allowHosts }}{{ $urls = append $urls (ternary . (printf "https://%s" .) (contains "://" .)) }}{{ end -}}
{{- else if eq $counterpart "geoserver" -}}
  {{- $urls = append ($v.config.geoserver.nodes | default $derived.geoserver.nodes | default list) ($v.config.geoserver.url | default $derived.geoserver.url) -}}
  {{- if and $release (not $peers) (not $v.config.geoserver.url) -}}
    {{- $peers = include "geosluice.geonodePeer" (list $root "geoserver-primary" "geoserver-replica") | fromYamlArray -}}
  {{- end -}}
{{- else if eq $counterpart "geonode" -}}
  {{- $urls = list ($v.config.geonode.url | default $derived.geonode.url) -}}
  {{- if and $release (not $peers) (not $v.config.geonode.url) -}}
    {{- $peers = include "geosluice.geonodePeer" (list $root "django") | fromYamlArray -}}
  {{- end -}}
{{- else if eq $counterpart "gateway" -}}
  {{- $peers = include "geosluice.ownPeer" (list $root "gateway") | fromYamlArray -}}{{- $named = dict "ports" (list $v.config.gateway.port) -}}
{{- end -}}
{{- if not (and (eq $counterpart "sources") (not $urls) (not $peers)) -}}
{{- $ports := $named.ports | default (include "geosluice.portsOf" (list $urls $fallback) | fromJsonArray) -}}
{{ include "geosluice.rule" (list "egress" $peers $ports) }}
{{- end -}}
{{- end -}}

{{/* Whom each component asks: the arrows of docs/architecture.md, as JSON. */}}
{{- define "geosluice.arrows" -}}
{{- dict
  "redis" list
  "gateway" (list "redis" "s3")
  "discover" (list "redis" "s3" "sources")
  "upload" (list "redis" "s3" "sources")
  "publish" (list "redis" "s3" "geoserver")
  "register" (list "redis" "s3" "geonode")
  "external-metrics" (list "redis" "apiServer")
  "sweep-uploads" (list "s3")
  "test" (list "gateway" "s3")
| toJson -}}
{{- end -}}
