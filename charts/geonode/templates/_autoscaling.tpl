{{- /* A HorizontalPodAutoscaler, or nothing: (dict "root" $ "piece" "django" "component" "django" "kind" "Deployment" "values" …). */ -}}
{{- define "geonode.hpa" -}}
{{- $scale := include "geonode.autoscaling" . | fromYaml -}}
{{- if $scale.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "geonode.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {{ .kind }}
    name: {{ include "geonode.fullname" .root }}-{{ .component }}
  minReplicas: {{ $scale.minReplicas }}
  maxReplicas: {{ $scale.maxReplicas }}
  metrics:
    - type: ContainerResource
      containerResource:
        name: cpu
        container: {{ .container }}
        target: {type: Utilization, averageUtilization: {{ $scale.targetCPUUtilizationPercentage }}}
  behavior:
    # a pod takes a while to come up: fast up, slowly down
    scaleUp:
      policies: [{type: Percent, value: 100, periodSeconds: 60}]
    scaleDown:
      stabilizationWindowSeconds: 600
      policies: [{type: Pods, value: 1, periodSeconds: 120}]
{{- end }}
{{- end }}

{{- /* A budget that lets one pod go at a time: (dict "root" $ "component" "django"). */ -}}
{{- define "geonode.budget" -}}
{{- if include "geonode.budgets" .root -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "geonode.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  # a pod that does not get ready must not hold up a drain for ever
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "geonode.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end }}
