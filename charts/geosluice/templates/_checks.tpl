{{/* What is wrong with the values beyond their schema, as a JSON list of sentences. */}}
{{- define "geosluice.problems" -}}
{{- $root := . -}}{{- $v := .Values -}}{{- $out := list -}}
{{- $resolved := include "geosluice.resolved" . | fromJson -}}
{{- $read := include "geosluice.sectionsRead" . | fromJsonArray -}}
{{- $known := dict -}}
{{- range $section, $entries := $resolved }}{{ range $entries }}{{ $_ := set $known (printf "%s.%s" $section .key) . }}{{ end }}{{ end -}}
{{- $defaults := dict -}}
{{- range (.Files.Get "files/settings.json" | fromJson).settings -}}
{{- $_ := set $defaults (printf "%s.%s" .section .key) .default -}}
{{- if and .required (has .section $read) (not (hasKey $known (printf "%s.%s" .section .key))) -}}
{{- $from := ternary (printf ", or secrets.%s.keys.%s" .section .key) "" (hasKey $v.secrets .section) -}}
{{- $out = append $out (printf "config.%s.%s%s is missing: %s" .section .key $from .describe) -}}
{{- end -}}
{{- end -}}
{{- range $section, $secret := $v.secrets -}}
{{- if and $secret.existingSecret (not $secret.keys) -}}
{{- $out = append $out (printf "secrets.%s.existingSecret is given, but secrets.%s.keys does not say which of its keys is which setting" $section $section) -}}
{{- else if and $secret.keys (not $secret.existingSecret) -}}
{{- $out = append $out (printf "secrets.%s.keys is given, but secrets.%s.existingSecret is not" $section $section) -}}
{{- end -}}
{{- range $key, $inSecret := $secret.keys -}}
{{- $given := include "geosluice.text" (get (get $v.config $section) $key) -}}
{{- if and $given (ne $given (get $defaults (printf "%s.%s" $section $key))) -}}
{{- $out = append $out (printf "config.%s.%s and secrets.%s.keys.%s are both given; give one" $section $key $section $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $v.rules (hasKey $known "rules.file") -}}
{{- $out = append $out "rules and config.rules.file are both given; give one" -}}
{{- end -}}
{{- $ways := list -}}
{{- range list "url" "sentinels" "cluster" }}{{ if hasKey $known (printf "redis.%s" .) }}{{ $ways = append $ways (printf "config.redis.%s" .) }}{{ end }}{{ end -}}
{{- if and $v.redis.enabled (ne (len $ways) 1) -}}
{{- $out = append $out (printf "redis.enabled is true, and %s is given as well; set redis.enabled to false for a Redis of yours" (join " and " (without $ways "config.redis.url"))) -}}
{{- else if and $v.redis.enabled (or $v.config.redis.url (get (get $v.secrets "redis").keys "url")) -}}
{{- $out = append $out "redis.enabled is true, and a Redis of yours is named as well (config.redis.url); set redis.enabled to false" -}}
{{- else if eq (len $ways) 0 -}}
{{- $out = append $out "redis.enabled is false, and no other is named: config.redis.url (or secrets.redis.keys.url), config.redis.sentinels or config.redis.cluster" -}}
{{- else if gt (len $ways) 1 -}}
{{- $out = append $out (printf "%s are given; give one way to Redis" (join " and " $ways)) -}}
{{- end -}}
{{- if and (hasKey $known "redis.sentinels") (not (hasKey $known "redis.sentinelName")) -}}
{{- $out = append $out "config.redis.sentinels is given, but config.redis.sentinelName is not: what the Sentinels call the primary" -}}
{{- end -}}
{{- if and $v.register.enabled (eq (default "http" $v.config.geonode.registrar) "http") -}}
{{- if not (hasKey $known "geonode.url") -}}
{{- $out = append $out "config.geonode.url is missing: GeoNode with the geosluice app; or geonode.release, for charts/geonode" -}}
{{- end -}}
{{- if not (or (hasKey $known "geonode.token") (and (hasKey $known "geonode.user") (hasKey $known "geonode.password"))) -}}
{{- $out = append $out "config.geonode.user and config.geonode.password, or config.geonode.token, are missing (or the same below secrets.geonode.keys): a user of GeoNode's staff" -}}
{{- end -}}
{{- end -}}
{{- if ne (empty (get $known "target.accessKeyId")) (empty (get $known "target.secretAccessKey")) -}}
{{- $out = append $out "of config.target.accessKeyId and config.target.secretAccessKey one is missing; give both, or none for the AWS credential chain" -}}
{{- end -}}
{{- if and $v.trust.existingSecret $v.trust.existingConfigMap -}}
{{- $out = append $out "trust.existingSecret and trust.existingConfigMap are both given; give one" -}}
{{- end -}}
{{- $scaling := $v.autoscaling -}}
{{- if and $scaling.scaleToZero (has $scaling.mode (list "cpu" "none")) -}}
{{- $out = append $out (printf "autoscaling.scaleToZero does not go with autoscaling.mode %s: nobody would see that jobs wait; use external, prometheus or keda" $scaling.mode) -}}
{{- end -}}
{{- range $name := list "gateway" "discover" "upload" "publish" "register" -}}
{{- $own := (get $v $name).autoscaling -}}
{{- if and (include "geosluice.autoscaled" (list $root $name)) (gt (int $own.min) (int $own.max)) -}}
{{- $out = append $out (printf "%s.autoscaling.min is %d, more than %s.autoscaling.max, which is %d" $name (int $own.min) $name (int $own.max)) -}}
{{- end -}}
{{- end -}}
{{- if eq $scaling.mode "external" -}}
{{- $certificate := $scaling.external.certificate -}}
{{- if and (eq $certificate.source "existing") (not (and $certificate.existingSecret $certificate.caBundle)) -}}
{{- $out = append $out "autoscaling.external.certificate.source is existing: existingSecret and caBundle beside it must be given" -}}
{{- end -}}
{{- end -}}
{{- if and (eq $scaling.mode "keda") (not $v.redis.enabled) -}}
{{- if and (not $v.config.redis.sentinels) (not $v.config.redis.cluster) (not $v.config.redis.url) (not $scaling.keda.address) -}}
{{- $out = append $out "autoscaling.keda.address is missing: KEDA cannot read the address of Redis from the URL in your Secret" -}}
{{- end -}}
{{- if contains "@" (default "" $v.config.redis.url) -}}
{{- $out = append $out "config.redis.url holds a login, which KEDA cannot read; give config.redis.password, or secrets.redis.keys.password" -}}
{{- end -}}
{{- end -}}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) -}}
{{- $out = append $out "httpRoute.parentRefs is empty: name the Gateway the route belongs to" -}}
{{- end -}}
{{- if and $v.ingress.enabled $v.ingress.tlsSecret (not $v.ingress.host) -}}
{{- $out = append $out "ingress.tlsSecret is given, but ingress.host is not" -}}
{{- end -}}
{{- $out | toJson -}}
{{- end -}}

{{/* Why the external metrics API cannot be this release's: a sentence, or nothing. There is one a cluster. */}}
{{- define "geosluice.takenApi" -}}
{{- $api := "v1beta1.external.metrics.k8s.io" -}}
{{- if eq .Values.autoscaling.mode "external" -}}
{{- with lookup "apiregistration.k8s.io/v1" "APIService" "" $api -}}
{{- $annotations := .metadata.annotations | default dict -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $namespace := get $annotations "meta.helm.sh/release-namespace" -}}
{{- if not (and (eq (toString $release) $.Release.Name) (eq (toString $namespace) $.Release.Namespace)) -}}
{{- $service := dig "spec" "service" (dict) . | default dict -}}
{{- $owner := printf "Service %s/%s" (default "?" $service.namespace) (default "?" $service.name) -}}
{{- if $release }}{{ $owner = printf "%s, of Helm release %s in namespace %s" $owner $release $namespace }}{{ end -}}
{{- with get $labels "app.kubernetes.io/name" }}{{ $owner = printf "%s (%s)" $owner . }}{{ end -}}
autoscaling.mode external cannot be installed here: APIService {{ $api }} belongs to {{ $owner }}. There is one of its name in a cluster, and this chart never takes it over.
Choose another mode: autoscaling.mode=keda where KEDA owns it, autoscaling.mode=prometheus where prometheus-adapter does, autoscaling.mode=cpu in any case.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
