{{- define "millstream.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "millstream.fullname" -}}
{{- $name := include "millstream.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "millstream.selector" -}}
app.kubernetes.io/name: {{ include "millstream.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "millstream.labels" -}}
{{ include "millstream.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "millstream.metadata" -}}
name: {{ include "millstream.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "millstream.labels" . | nindent 2 }}
{{- end -}}

{{- define "millstream.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "millstream.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "millstream.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}

{{- /* What follows is "true" or nothing, which is how templates say yes and no. */ -}}
{{- define "millstream.hasDatabase" -}}
{{- if or .Values.database.uri .Values.database.uriSecret.name -}}true{{- end -}}
{{- end -}}

{{- define "millstream.needsVolume" -}}
{{- if not (and (include "millstream.hasDatabase" .) .Values.artifacts.destination) -}}true{{- end -}}
{{- end -}}

{{- define "millstream.isReplicated" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) -}}true{{- end -}}
{{- end -}}

{{- define "millstream.upgrades" -}}
{{- if and .Values.upgradeDatabase (or (include "millstream.hasDatabase" .) .Release.IsUpgrade) -}}true{{- end -}}
{{- end -}}

{{- /* A process that runs does not see the schema change, and a volume may be one node's at a time. */ -}}
{{- define "millstream.stopsFirst" -}}
{{- $shared := eq .Values.persistence.accessMode "ReadWriteMany" -}}
{{- if or (not (include "millstream.hasDatabase" .)) (and (include "millstream.needsVolume" .) (not $shared)) (include "millstream.upgrades" .) -}}true{{- end -}}
{{- end -}}

{{- define "millstream.allowedHosts" -}}
{{- $name := include "millstream.fullname" . -}}
{{- $inside := printf "%s.%s" $name .Release.Namespace -}}
{{- $hosts := list "localhost" "127.0.0.1" $name $inside (printf "%s.svc" $inside) (printf "%s.svc.%s" $inside .Values.clusterDomain) -}}
{{- if and .Values.ingress.enabled .Values.ingress.host -}}
{{- $hosts = append $hosts .Values.ingress.host -}}
{{- end -}}
{{- if .Values.httpRoute.enabled -}}
{{- $hosts = concat $hosts .Values.httpRoute.hostnames -}}
{{- end -}}
{{- concat $hosts .Values.allowedHosts | uniq | join "," -}}
{{- end -}}
