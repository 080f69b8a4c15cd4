"""Every call of MLflow's own client of users and permissions, and what came of it, as JSON.

Runs in the environment of MLflow: `python auth_client.py <address> <file>`, with the name and
password of an administrator in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.server.auth.client import AuthServiceClient


def users(client: Any, password: str) -> dict[str, object]:
    made = client.create_user("ada", password)
    client.update_user_password("ada", f"{password}!")
    client.update_user_admin("ada", True)
    found = client.get_user("ada")
    client.create_user("bob", password)
    client.delete_user("bob")
    return {
        "made": made.to_json(),
        "found": found.to_json(),
        "gone": refused(client.get_user, "bob"),
    }


def roles(client: Any) -> dict[str, object]:
    role = client.create_role("default", "readers", "who read")
    permission = client.add_role_permission(role.id, "experiment", "*", "READ")
    updated = client.update_role_permission(permission.id, "EDIT")
    listed = [one.to_json() for one in client.list_role_permissions(role.id)]
    assigned = client.assign_role("ada", role.id)
    users = [one.to_json() for one in client.list_role_users(role.id)]
    renamed = client.update_role(role.id, name="editors")
    found = client.get_role(role.id)
    names = {
        "of ada": [one.name for one in client.list_user_roles("ada")],
        "of workspace": [one.name for one in client.list_roles("default")],
        "all": [one.name for one in client.list_all_roles()],
    }
    client.unassign_role("ada", role.id)
    client.remove_role_permission(permission.id)
    client.delete_role(role.id)
    return {
        "role": role.to_json(),
        "permission": permission.to_json(),
        "updated": updated.to_json(),
        "listed": listed,
        "assigned": assigned.to_json(),
        "users": users,
        "renamed": renamed.name,
        "found": found.to_json(),
        "names": names,
        "left": [one.name for one in client.list_all_roles()],
    }


def permissions(client: Any, password: str) -> dict[str, object]:
    client.create_user("eve", password)
    before = client.get_user_permission("eve", "experiment", "0").to_json()
    client.grant_user_permission("eve", "experiment", "0", "EDIT")
    granted = client.get_user_permission("eve", "experiment", "0").to_json()
    client.revoke_user_permission("eve", "experiment", "0")
    after = client.get_user_permission("eve", "experiment", "0").to_json()
    absent = client.get_user_permission("eve", "experiment", "987654321").to_json()
    return {"before": before, "granted": granted, "after": after, "absent": absent}


def refused(call: Any, *arguments: object) -> list[object]:
    """The code and status of an error."""
    try:
        call(*arguments)
    except MlflowException as error:
        return [error.error_code, error.get_http_status_code()]
    return ["done", 200]


def main(address: str, answers: str) -> None:
    """Make the calls."""
    client, password = AuthServiceClient(address), "correct horse battery"
    found = {
        "users": users(client, password),
        "roles": roles(client),
        "permissions": permissions(client, password),
        "twice": refused(client.create_user, "ada", password),
        "short": refused(client.create_user, "zoe", "short"),
    }
    Path(answers).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
