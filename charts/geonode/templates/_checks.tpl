{{- /* What a schema cannot say, or only by a pattern: every mistake at once, each a sentence. */ -}}
{{- define "geonode.mistakes" -}}
{{- $v := .Values -}}
{{- $out := list -}}
{{- $url := "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$" -}}
{{- if not (regexMatch $url $v.site.url) -}}
{{- $out = append $out (printf "site.url is %q: it must be http:// or https:// and a host, with nothing after it, not even a slash" $v.site.url) -}}
{{- end -}}
{{- if and $v.s3.endpoint (not (regexMatch $url $v.s3.endpoint)) -}}
{{- $out = append $out (printf "s3.endpoint is %q: it must be http:// or https:// and a host, with nothing after it" $v.s3.endpoint) -}}
{{- end -}}
{{- range $group, $keys := dict "postgis" (list "password" "geonodePassword" "geodataPassword") "redis" (list "password") -}}
{{- range $keys -}}
{{- if not (regexMatch "^[A-Za-z0-9._~-]*$" (get (get $v.secrets $group) .)) -}}
{{- $out = append $out (printf "secrets.%s.%s becomes part of a URL: only letters, digits and -._~ are possible" $group .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (not $v.postgis.enabled) (not $v.postgis.external.host) -}}
{{- $out = append $out "postgis.external.host is missing: where PostGIS is, since postgis.enabled is false" -}}
{{- end -}}
{{- if and (not $v.redis.enabled) (not $v.redis.external.host) -}}
{{- $out = append $out "redis.external.host is missing: where Redis is, since redis.enabled is false" -}}
{{- end -}}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) -}}
{{- $out = append $out "httpRoute.parentRefs is empty: name the Gateway the routes belong to" -}}
{{- end -}}
{{- if and $v.ingress.tls.enabled (not (hasPrefix "https://" $v.site.url)) -}}
{{- $out = append $out "ingress.tls.enabled wants site.url to begin with https://, or GeoNode hands out http links" -}}
{{- end -}}
{{- if and (eq $v.geoserver.auth "openid-connect") (hasPrefix "2." $v.geoserver.image.tag) -}}
{{- $out = append $out (printf "geoserver.auth openid-connect needs an image of GeoServer 3; geoserver.image.tag is %s" $v.geoserver.image.tag) -}}
{{- end -}}
{{- if and (eq $v.geoserver.auth "geonode-oauth2") (hasPrefix "3." $v.geoserver.image.tag) -}}
{{- $out = append $out (printf "geoserver.image.tag is %s: GeoServer 3 has no GeoNode filter any more, set geoserver.auth to openid-connect" $v.geoserver.image.tag) -}}
{{- end -}}
{{- if eq $v.media.storage "pod" -}}
{{- $scale := include "geonode.autoscaling" (dict "root" . "piece" "django" "values" $v.django.autoscaling) | fromYaml -}}
{{- $preset := include "geonode.preset" (dict "root" . "piece" "django") | fromYaml -}}
{{- if or $scale.enabled (gt (int (ternary $preset.replicas $v.django.replicas (kindIs "invalid" $v.django.replicas))) 1) -}}
{{- $out = append $out "media.storage pod keeps files in the one pod that got them: set django.replicas to 1 and django.autoscaling.enabled to false, or media.storage to s3" -}}
{{- end -}}
{{- end -}}
{{- range $piece, $values := dict "django.autoscaling" (dict "piece" "django" "values" $v.django.autoscaling) "geoserver.autoscaling" (dict "piece" "replica" "values" $v.geoserver.autoscaling) -}}
{{- $scale := include "geonode.autoscaling" (dict "root" $ "piece" $values.piece "values" $values.values) | fromYaml -}}
{{- if gt (int $scale.minReplicas) (int $scale.maxReplicas) -}}
{{- $out = append $out (printf "%s: minReplicas %d is more than maxReplicas %d" $piece (int $scale.minReplicas) (int $scale.maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- $s3 := $v.secrets.s3 -}}
{{- if and (not $v.minio.enabled) (not $s3.existingSecret) (not (and $s3.accessKey $s3.secretKey)) -}}
{{- $out = append $out "secrets.s3.existingSecret (or accessKey and secretKey) is missing: the keys of the S3 server, since minio.enabled is false" -}}
{{- end -}}
{{- $postgis := $v.secrets.postgis -}}
{{- if and (not $v.postgis.enabled) (not $postgis.existingSecret) (not (and $postgis.geonodePassword $postgis.geodataPassword)) -}}
{{- $out = append $out "secrets.postgis.existingSecret (or geonodePassword and geodataPassword) is missing: the logins at the external PostGIS" -}}
{{- end -}}
{{- if and (not $v.redis.enabled) $v.redis.external.auth (not $v.secrets.redis.existingSecret) (not $v.secrets.redis.password) -}}
{{- $out = append $out "secrets.redis.existingSecret (or password) is missing: the login at the external Redis; redis.external.auth false where it asks for none" -}}
{{- end -}}
{{- if and $v.minio.enabled $v.s3.endpoint -}}
{{- $out = append $out "s3.endpoint names an S3 server of yours: set minio.enabled to false, or leave the endpoint empty" -}}
{{- end -}}
{{- if and $v.exposure.gatewayHost $v.geosluice.namespace -}}
{{- $out = append $out "exposure.gatewayHost: an ingress reaches Services of its own namespace only; expose the gateway by charts/geosluice, since geosluice.namespace is set" -}}
{{- end -}}
{{- if $out -}}
{{- fail (printf "\n- %s" (join "\n- " $out)) -}}
{{- end -}}
{{- end }}
