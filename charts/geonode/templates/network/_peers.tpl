{{- /* Pods of this release by component: (dict "root" $ "components" (list "django")). */ -}}
{{- define "geonode.peer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ include "geonode.name" .root }}
      app.kubernetes.io/instance: {{ .root.Release.Name }}
    matchExpressions:
      - {key: app.kubernetes.io/component, operator: In, values: [{{ join ", " .components }}]}
{{- end }}

{{- /* Pods of charts/geosluice beside this release, by component. */ -}}
{{- define "geonode.geosluicePeer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: geosluice
      app.kubernetes.io/instance: {{ .root.Values.geosluice.release }}
    matchExpressions:
      - {key: app.kubernetes.io/component, operator: In, values: [{{ join ", " .components }}]}
  {{- with .root.Values.geosluice.namespace }}
  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
  {{- end }}
{{- end }}

{{- /* One arrow's other end and its ports: (dict "root" $ "components" … "geosluice" … "peers" (list …) "ports" (list 8000)). */ -}}
{{- define "geonode.arrow" -}}
- {{ .way }}:
    {{- with .components }}
    {{- include "geonode.peer" (dict "root" $.root "components" .) | nindent 4 }}
    {{- end }}
    {{- with .geosluice }}
    {{- include "geonode.geosluicePeer" (dict "root" $.root "components" .) | nindent 4 }}
    {{- end }}
    {{- with .peers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}

{{- /* Port of a URL, its scheme's where it names none. */ -}}
{{- define "geonode.urlPort" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end }}
