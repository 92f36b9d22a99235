{{/*
What the operator may do where it watches. Nothing here reads a Secret, a log, or enters a container.
The finalizers subresource is what OwnerReferencesPermissionEnforcement asks of whoever creates children with blockOwnerDeletion:
Pipelines own Steps, claims and revisions; Steps own Jobs and Services; PipelineSchedules own Pipelines.
*/}}
{{- define "penstock.rules" -}}
- apiGroups: [penstock.dev]
  resources: [components]
  verbs: [list, watch]
- apiGroups: [penstock.dev]
  resources: [pipelineschedules]
  verbs: [get, list, watch]
- apiGroups: [penstock.dev]
  resources: [pipelines]
  verbs: [get, list, watch, create, delete]
- apiGroups: [penstock.dev]
  resources: [steps]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [penstock.dev]
  resources: [pipelines/status, steps/status, pipelineschedules/status]
  verbs: [update]
- apiGroups: [penstock.dev]
  resources: [pipelines/finalizers, steps/finalizers, pipelineschedules/finalizers]
  verbs: [update]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [pods, resourcequotas, limitranges]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, create, patch]
- apiGroups: [""]
  resources: [services]
  verbs: [get, create]
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [list, create, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
# What the cluster says about Jobs that get no pod.
- apiGroups: [""]
  resources: [events]
  verbs: [list]
{{- end }}

{{/* What it may do besides where it watches the whole cluster. */}}
{{- define "penstock.clusterRules" -}}
- apiGroups: [""]
  resources: [nodes]
  verbs: [list, watch]
{{- end }}

{{/*
What the web page's own account may: follow what is looked at, read what a graph is compiled from, and list what says why
steps wait and who holds what, once for all viewers who may see it (nodes only with `scope.clusterWide`). It never says whose
rows go to whom (a SelfSubjectAccessReview with the viewer's token does), and reads no log, no Secret, and writes nothing.
*/}}
{{- define "penstock.webRules" -}}
- apiGroups: [penstock.dev]
  resources: [pipelines, steps]
  verbs: [list, watch]
- apiGroups: [penstock.dev]
  resources: [components]
  verbs: [list]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [list]
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [list]
- apiGroups: [""]
  resources: [pods, resourcequotas, limitranges]
  verbs: [list]
{{- end }}

{{- define "penstock.webClusterRules" -}}
- apiGroups: [""]
  resources: [nodes]
  verbs: [list]
{{- end }}

{{/* What the exporter's account may: follow what history is made of. It reads no log, no Secret, and writes nothing. */}}
{{- define "penstock.exportRules" -}}
- apiGroups: [penstock.dev]
  resources: [pipelines, steps]
  verbs: [list, watch]
{{- end }}

{{/*
Role `name` with `rules` in `namespace`, and its binding to an `account` of the release's namespace; the operator's if none.
Takes (dict "root" "name" "namespace" "rules" "account").
*/}}
{{- define "penstock.role" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "penstock.labels" .root | nindent 4 }}
rules: {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "penstock.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .account | default (include "penstock.serviceAccountName" .root) }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{- define "penstock.catalogueRules" -}}
- apiGroups: [penstock.dev]
  resources: [components]
  verbs: [list]
{{- end }}

{{- define "penstock.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [penstock-operator]
  verbs: [get, update]
{{- end }}
