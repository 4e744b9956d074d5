{{/* Names of the Service that the aggregator asks, as JSON. */}}
{{- define "geosluice.certificateNames" -}}
{{- $name := printf "%s-external-metrics" (include "geosluice.fullname" .) -}}
{{- $host := printf "%s.%s.svc" $name .Release.Namespace -}}
{{- list $host (printf "%s.cluster.local" $host) $name | toJson -}}
{{- end -}}

{{/*
The certificate of the external metrics API, as JSON: secret, and where it is known ca, crt, key (base64) and renewAfter. A
generated one is kept over upgrades until its last third, and drawn once a rendering.
*/}}
{{- define "geosluice.certificate" -}}
{{- $given := .Values.autoscaling.external.certificate -}}
{{- $name := printf "%s-external-metrics-tls" (include "geosluice.fullname" .) -}}
{{- if eq $given.source "existing" -}}
{{- dict "secret" $given.existingSecret "ca" (b64enc $given.caBundle) | toJson -}}
{{- else if eq $given.source "cert-manager" -}}
{{- dict "secret" $name | toJson -}}
{{- else -}}
{{- if not (hasKey .Values "certificateDrawn") -}}
{{- $there := lookup "v1" "Secret" .Release.Namespace $name | default dict -}}
{{- $renewAfter := dig "metadata" "annotations" "geosluice/renew-after" "" $there -}}
{{- $now := now | unixEpoch | int64 -}}
{{- if and $renewAfter (lt $now (toDate "2006-01-02T15:04:05Z07:00" $renewAfter | unixEpoch | int64)) -}}
{{- $data := $there.data -}}
{{- $_ := set .Values "certificateDrawn" (dict "secret" $name "ca" (get $data "ca.crt") "crt" (get $data "tls.crt") "key" (get $data "tls.key") "renewAfter" $renewAfter) -}}
{{- else -}}
{{- $days := int $given.days -}}
{{- $ca := genCA (printf "%s-ca" $name | trunc 63) $days -}}
{{- $names := include "geosluice.certificateNames" . | fromJsonArray -}}
{{- $cert := genSignedCert (first $names | trunc 63) nil $names $days $ca -}}
{{- $renew := now | dateModify (printf "+%dh" (mul $days 16)) | date "2006-01-02T15:04:05Z07:00" -}}
{{- $_ := set .Values "certificateDrawn" (dict "secret" $name "ca" (b64enc $ca.Cert) "crt" (b64enc $cert.Cert) "key" (b64enc $cert.Key) "renewAfter" $renew) -}}
{{- end -}}
{{- end -}}
{{- .Values.certificateDrawn | toJson -}}
{{- end -}}
{{- end -}}
