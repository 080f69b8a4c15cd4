"""The table of all that can be asked over HTTP: path, request, operation, answer, permission."""

from __future__ import annotations

from millstream.rest.endpoints.artifacts import ARTIFACTS
from millstream.rest.endpoints.attempts import ATTEMPTS
from millstream.rest.endpoints.audit_events import AUDIT_EVENTS
from millstream.rest.endpoints.console import CONSOLE
from millstream.rest.endpoints.deployments import DEPLOYMENTS
from millstream.rest.endpoints.experiments import EXPERIMENTS
from millstream.rest.endpoints.gates import GATES
from millstream.rest.endpoints.groups import GROUPS
from millstream.rest.endpoints.lineage import LINEAGE
from millstream.rest.endpoints.metrics import METRICS
from millstream.rest.endpoints.model_versions import MODEL_VERSIONS
from millstream.rest.endpoints.models import MODELS
from millstream.rest.endpoints.permissions import PERMISSIONS
from millstream.rest.endpoints.registered_models import REGISTERED_MODELS
from millstream.rest.endpoints.registry_events import REGISTRY_EVENTS
from millstream.rest.endpoints.roles import ROLES
from millstream.rest.endpoints.row import (
    MLFLOW,
    MLFLOW_3,
    OWN,
    Action,
    Effort,
    Endpoint,
    Permission,
)
from millstream.rest.endpoints.runs import RUNS
from millstream.rest.endpoints.server_status import SERVER_STATUS
from millstream.rest.endpoints.sessions import SESSIONS
from millstream.rest.endpoints.stages import STAGES
from millstream.rest.endpoints.tokens import TOKENS
from millstream.rest.endpoints.transition_requests import TRANSITION_REQUESTS
from millstream.rest.endpoints.users import USERS
from millstream.rest.endpoints.views import VIEWS
from millstream.rest.endpoints.webhooks import WEBHOOKS
from millstream.rest.endpoints.workspaces import WORKSPACES

__all__ = ["ENDPOINTS", "MLFLOW", "MLFLOW_3", "OWN", "Action", "Effort", "Endpoint", "Permission"]

ENDPOINTS: tuple[Endpoint, ...] = (
    *EXPERIMENTS,
    *RUNS,
    *ATTEMPTS,
    *CONSOLE,
    *METRICS,
    *MODELS,
    *REGISTERED_MODELS,
    *MODEL_VERSIONS,
    *REGISTRY_EVENTS,
    *WEBHOOKS,
    *STAGES,
    *TRANSITION_REQUESTS,
    *GATES,
    *DEPLOYMENTS,
    *VIEWS,
    *LINEAGE,
    *USERS,
    *GROUPS,
    *ROLES,
    *PERMISSIONS,
    *TOKENS,
    *AUDIT_EVENTS,
    *SERVER_STATUS,
    *ARTIFACTS,
    *SESSIONS,
    *WORKSPACES,
)
