{{- /* Awake or asleep: as told, else by the mode. "true" or nothing. */ -}}
{{- define "geonode.awake" -}}
{{- if kindIs "invalid" .Values.awake -}}
{{- if eq .Values.mode "always-on" }}true{{ end -}}
{{- else if .Values.awake }}true{{ end -}}
{{- end }}

{{- /* What the mode says of one piece, as YAML: (dict "root" $ "piece" "django"). */ -}}
{{- define "geonode.preset" -}}
{{- $presets := .root.Files.Get "files/presets.yaml" | fromYaml -}}
{{- get (get $presets .root.Values.mode) .piece | toYaml -}}
{{- end }}

{{- define "geonode.resources" -}}
{{- $preset := include "geonode.preset" . | fromYaml -}}
{{- toYaml (.resources | default $preset.resources) -}}
{{- end }}

{{- /* Autoscaling of a piece with the mode's numbers filled in, as YAML: (dict "root" $ "piece" "django" "values" .Values.django.autoscaling). */ -}}
{{- define "geonode.autoscaling" -}}
{{- $preset := (include "geonode.preset" . | fromYaml).autoscaling -}}
{{- $told := dict -}}
{{- range $key, $value := .values }}{{ if not (kindIs "invalid" $value) }}{{ $_ := set $told $key $value }}{{ end }}{{ end -}}
{{- $merged := merge $told $preset -}}
{{- if not (include "geonode.awake" .root) }}{{ $_ := set $merged "enabled" false }}{{ end -}}
{{- toYaml $merged -}}
{{- end }}

{{- /* The `replicas:` line of a piece: 0 asleep, none where an autoscaler owns it. */ -}}
{{- define "geonode.replicas" -}}
{{- $preset := include "geonode.preset" . | fromYaml -}}
{{- $scaled := and .autoscaling (include "geonode.autoscaling" (dict "root" .root "piece" .piece "values" .autoscaling) | fromYaml).enabled -}}
{{- if not (include "geonode.awake" .root) -}}
replicas: 0
{{- else if not $scaled -}}
replicas: {{ ternary $preset.replicas .replicas (kindIs "invalid" .replicas) }}
{{- end -}}
{{- end }}

{{- /* The `replicas:` line of what there is one of; `keeper` says that it holds data others may want while the stack sleeps. */ -}}
{{- define "geonode.single" -}}
replicas: {{ ternary 1 0 (or (not (empty (include "geonode.awake" .root))) (and (eq (.keeper | default false) true) .root.Values.sleep.keepDataServices)) }}
{{- end }}

{{- define "geonode.budgets" -}}
{{- $told := .Values.podDisruptionBudget.enabled -}}
{{- if and (include "geonode.awake" .) (ternary (eq .Values.mode "always-on") $told (kindIs "invalid" $told)) }}true{{ end -}}
{{- end }}
