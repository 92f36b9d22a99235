{{- define "serving.name" -}}
{{- .Values.name | default .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Who deploys: the service account that a step `serve` names. */}}
{{- define "serving.deployer" -}}
{{- printf "%s-deployer" (include "serving.name" .) }}
{{- end }}

{{- define "serving.claim" -}}
{{- .Values.models.existingClaim | default (printf "%s-models" (include "serving.name" .)) }}
{{- end }}

{{- define "serving.selectorLabels" -}}
app.kubernetes.io/name: penstock-serving
app.kubernetes.io/instance: {{ include "serving.name" . }}
{{- end }}

{{- define "serving.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "serving.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: penstock
{{- end }}

{{- define "serving.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}
