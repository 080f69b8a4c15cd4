"""Searching: the tree of a query becomes SQL for SQLite, PostgreSQL and MySQL.

Values travel as parameters only; every piece of SQL comes from tables in this package.
"""

from millstream.store.sql.search.deployments import find_deployments
from millstream.store.sql.search.experiments import find_experiments
from millstream.store.sql.search.model_versions import find_model_versions
from millstream.store.sql.search.models import find_models
from millstream.store.sql.search.named_runs import find_named_runs
from millstream.store.sql.search.paging import Found
from millstream.store.sql.search.registered_models import find_registered_models
from millstream.store.sql.search.registry_events import find_events
from millstream.store.sql.search.runs import find_runs
from millstream.store.sql.search.transition_requests import find_requests
from millstream.store.sql.search.webhooks import find_deliveries, find_webhooks

__all__ = [
    "Found",
    "find_deliveries",
    "find_deployments",
    "find_events",
    "find_experiments",
    "find_model_versions",
    "find_models",
    "find_named_runs",
    "find_registered_models",
    "find_requests",
    "find_runs",
    "find_webhooks",
]
