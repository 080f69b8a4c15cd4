{{- define "millstream.environment" -}}
{{- $database := .Values.database -}}
{{- if $database.uriSecret.name }}
- name: MILLSTREAM_BACKEND_STORE_URI
  valueFrom:
    secretKeyRef: {name: {{ $database.uriSecret.name }}, key: {{ $database.uriSecret.key }}}
{{- else }}
- name: MILLSTREAM_BACKEND_STORE_URI
  value: {{ default "/var/lib/millstream" $database.uri | quote }}
{{- end }}
{{- if $database.passwordSecret.name }}
- name: MILLSTREAM_DATABASE_PASSWORD_FILE
  value: {{ printf "/run/secrets/database/%s" $database.passwordSecret.key | quote }}
{{- end }}
- name: MILLSTREAM_ARTIFACTS_DESTINATION
  value: {{ default "/var/lib/millstream/artifacts" .Values.artifacts.destination | quote }}
{{- with .Values.artifacts.s3 }}
{{- if .endpointUrl }}
- name: AWS_ENDPOINT_URL
  value: {{ .endpointUrl | quote }}
{{- end }}
{{- if .region }}
- name: AWS_REGION
  value: {{ .region | quote }}
{{- end }}
{{- if .secret.name }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef: {name: {{ .secret.name }}, key: {{ .secret.accessKeyIdKey }}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef: {name: {{ .secret.name }}, key: {{ .secret.secretAccessKeyKey }}}
{{- end }}
{{- end }}
- name: MILLSTREAM_WORKERS
  value: {{ .Values.workers | quote }}
- name: MILLSTREAM_SERVER_ALLOWED_HOSTS
  value: {{ include "millstream.allowedHosts" . | quote }}
- name: MILLSTREAM_FORWARDED_ALLOW_IPS
  value: {{ join "," .Values.forwardedAllowIps | quote }}
{{- with .Values.access }}
{{- if .allowAnonymous }}
- name: MILLSTREAM_ALLOW_ANONYMOUS
  value: "true"
{{- end }}
- name: MILLSTREAM_DEFAULT_PERMISSION
  value: {{ .defaultPermission }}
{{- if .administratorSecret.name }}
- name: MILLSTREAM_AUTH_ADMIN_USERNAME
  valueFrom:
    secretKeyRef: {name: {{ .administratorSecret.name }}, key: {{ .administratorSecret.usernameKey }}}
- name: MILLSTREAM_AUTH_ADMIN_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ .administratorSecret.name }}, key: {{ .administratorSecret.passwordKey }}}
{{- end }}
{{- end }}
{{- if .Values.metrics.enabled }}
- name: MILLSTREAM_EXPOSE_PROMETHEUS
  value: /tmp/metrics
{{- end }}
{{- with .Values.environment }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* What the server and the upgrade of its database have in common. */ -}}
{{- define "millstream.container" -}}
image: {{ include "millstream.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  {{- include "millstream.environment" . | trim | nindent 2 }}
volumeMounts:
  - {name: temporary, mountPath: /tmp}
  {{- if include "millstream.needsVolume" . }}
  - {name: data, mountPath: /var/lib/millstream}
  {{- end }}
  {{- if .Values.database.passwordSecret.name }}
  - {name: database, mountPath: /run/secrets/database, readOnly: true}
  {{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end -}}
