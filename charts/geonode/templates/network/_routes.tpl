{{- /*
What is reached from outside, as a list of {path, service, port}, longest first. GeoServer's own endpoints for administration are sent
to Django while they are closed, which knows no such page and answers 404: that works with every ingress controller alike.
Sessions live in one node, so what is opened goes to the primary.
*/ -}}
{{- define "geonode.routes" -}}
{{- $name := include "geonode.fullname" . -}}
{{- $django := dict "service" (printf "%s-django" $name) "port" 8000 -}}
{{- $primary := dict "service" (printf "%s-geoserver-primary" $name) "port" 8080 -}}
{{- $maps := dict "service" (printf "%s-geoserver" $name) "port" 8080 -}}
{{- $routes := list
  (merge (dict "path" "/geoserver/gwc/rest") (ternary $primary $django .Values.exposure.geoserverRest))
  (merge (dict "path" "/geoserver/rest") (ternary $primary $django .Values.exposure.geoserverRest))
  (merge (dict "path" "/geoserver/web") (ternary $primary $django .Values.exposure.geoserverWeb)) -}}
{{- if .Values.exposure.geoserverWeb -}}
{{- /* where a sign-in comes back to */ -}}
{{- range $path := list "/geoserver/index.html" "/geoserver/j_spring_security_check" "/geoserver/j_spring_oauth2_geonode_login" "/geoserver/j_spring_oauth2_geonode_logout" "/geoserver/login" "/geoserver/oauth2" -}}
{{- $routes = append $routes (merge (dict "path" $path) $primary) -}}
{{- end -}}
{{- end -}}
{{- $routes = append $routes (merge (dict "path" "/geoserver") $maps) -}}
{{- $routes = append $routes (merge (dict "path" "/") $django) -}}
{{- toYaml $routes -}}
{{- end }}

{{- define "geonode.gatewayService" -}}
{{- include "geonode.geosluiceName" . -}}-gateway
{{- end }}
