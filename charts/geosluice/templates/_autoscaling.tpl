{{/* Whether an autoscaler owns the number of a component's pods: (list $ "upload"). */}}
{{- define "geosluice.autoscaled" -}}
{{- $root := index . 0 -}}
{{- if and (ne $root.Values.autoscaling.mode "none") (get $root.Values (index . 1)).autoscaling.enabled }}true{{ end -}}
{{- end -}}
