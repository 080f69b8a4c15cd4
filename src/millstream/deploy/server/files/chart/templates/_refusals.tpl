{{- /* What would lose data, or show a secret, is refused before anything is made. */ -}}
{{- define "millstream.refusals" -}}
{{- $database := include "millstream.hasDatabase" . -}}
{{- if and .Values.database.uri .Values.database.uriSecret.name -}}
{{- fail "database.uri and database.uriSecret both say where the database is: say only one." -}}
{{- end -}}
{{- if regexMatch "://[^/@]*:[^/@]*@" .Values.database.uri -}}
{{- fail "database.uri holds a password, which everybody could read who sees the Deployment: put it into a secret, and name that as database.passwordSecret." -}}
{{- end -}}
{{- if and .Values.database.uri (not (regexMatch "^(postgresql|postgres|mysql|mariadb)(\\+[a-z0-9]+)?://" .Values.database.uri)) -}}
{{- fail (printf "database.uri is %s; it must begin with postgresql:// or mysql://. Without it a volume is used." .Values.database.uri) -}}
{{- end -}}
{{- if and (include "millstream.isReplicated" .) (not $database) -}}
{{- fail "More than one replica needs a database that they share: name one as database.uri." -}}
{{- end -}}
{{- if and (gt (int .Values.workers) 1) (not $database) -}}
{{- fail "More than one worker needs a database: name one as database.uri." -}}
{{- end -}}
{{- if and (include "millstream.isReplicated" .) (not .Values.artifacts.destination) (ne .Values.persistence.accessMode "ReadWriteMany") -}}
{{- fail "More than one replica needs a place for files that they share: name a bucket as artifacts.destination, or set persistence.accessMode to ReadWriteMany if your storage can do it." -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled needs ingress.host, the name by which the server is called." -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not (and .Values.httpRoute.parentRefs .Values.httpRoute.hostnames)) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs and httpRoute.hostnames." -}}
{{- end -}}
{{- end -}}
