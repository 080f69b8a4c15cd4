"""People, groups, roles and what they may do: a little of everything that the pages show."""

from __future__ import annotations

from tests.browser.signed_in import PASSWORD, Controlled


def fill_access(server: Controlled, somebody: str) -> str:
    """Fill a new server; `somebody` gets every kind of permission. Gives the experiment's id."""
    experiment: str = server.post("experiments/create", name="houses")["experiment_id"]
    for name in ("bob", somebody):
        server.post("users/create", username=name, password=PASSWORD)
    server.post("groups", "v1", name="analysts", description="Who looks at numbers")
    server.post("groups/analysts/members", "v1", username=somebody)
    role = server.post("roles/create", "3.0/mlflow", name="reviewers")["role"]["id"]
    permission = {"resource_type": "registered_model", "resource_pattern": "*"}
    server.post(
        "roles/permissions/add", "3.0/mlflow", role_id=role, permission="MANAGE", **permission
    )
    server.post("roles/assign", "3.0/mlflow", role_id=role, username=somebody)
    granted = {"resource_type": "experiment", "resource_id": experiment, "permission": "EDIT"}
    server.post("users/permissions/grant", "3.0/mlflow", username=somebody, **granted)
    server.post("tokens", "v1", username="ada", name="nightly", scope="read")
    return experiment
