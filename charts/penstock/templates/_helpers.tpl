{{/* Name of the chart's objects: the release's name, with the chart's unless it is in there already. */}}
{{- define "penstock.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "penstock.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "penstock.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "penstock.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* Name of cluster-scoped objects: two releases may have the same name in different namespaces. */}}
{{- define "penstock.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "penstock.fullname" .) }}
{{- end }}

{{- define "penstock.selectorLabels" -}}
app.kubernetes.io/name: {{ include "penstock.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{/* The web page's objects. */}}
{{- define "penstock.webName" -}}
{{- printf "%s-web" (include "penstock.fullname" .) }}
{{- end }}

{{- define "penstock.webSelectorLabels" -}}
app.kubernetes.io/name: {{ include "penstock.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: web
{{- end }}

{{/* The exporter's objects. */}}
{{- define "penstock.exportName" -}}
{{- printf "%s-export" (include "penstock.fullname" .) }}
{{- end }}

{{- define "penstock.exportSelectorLabels" -}}
app.kubernetes.io/name: {{ include "penstock.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: export
{{- end }}

{{/* Labels every object carries. The operator's own children are told apart by managed-by=penstock. */}}
{{- define "penstock.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "penstock.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: penstock
{{- end }}

{{- define "penstock.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* What the first Pipelines run in: the operator's own image is one that the cluster has. */}}
{{- define "penstock.testImage" -}}
{{- .Values.test.image | default (include "penstock.image" .) }}
{{- end }}

{{- define "penstock.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "penstock.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{/* Who the operator is to the API server. */}}
{{- define "penstock.userName" -}}
{{- printf "system:serviceaccount:%s:%s" .Release.Namespace (include "penstock.serviceAccountName" .) }}
{{- end }}

{{/* The namespaces the operator watches, as JSON; none means all of them. */}}
{{- define "penstock.namespaces" -}}
{{- if .Values.scope.clusterWide }}
{{- list | toJson }}
{{- else if .Values.scope.namespaces }}
{{- .Values.scope.namespaces | toJson }}
{{- else }}
{{- list .Release.Namespace | toJson }}
{{- end }}
{{- end }}

{{/* Where `helm test` applies its Pipeline: the release's namespace if it is watched, else the first that is. */}}
{{- define "penstock.testNamespace" -}}
{{- $watched := include "penstock.namespaces" . | fromJsonArray }}
{{- if or (not $watched) (has .Release.Namespace $watched) }}
{{- .Release.Namespace }}
{{- else }}
{{- first $watched }}
{{- end }}
{{- end }}
