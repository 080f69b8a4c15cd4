"""Commands about deployments: models that run in clusters and clouds."""

from __future__ import annotations

import click

from millstream.cli.late import LateGroup, Place
from millstream.cli.options import example

COMMANDS: dict[str, Place] = {
    "apply": Place(
        "deployments_changes", "apply", "Let a deployment be as is said, whether there is one."
    ),
    "batch-status": Place(
        "deployments_batch", "batch_status", "Say how a job that scores files is doing."
    ),
    "create": Place("deployments_changes", "create", "Deploy a model under a new name."),
    "create-endpoint": Place("deployments_endpoints", "create_endpoint", "Make an endpoint."),
    "delete": Place(
        "deployments_changes", "delete", "Remove a deployment, and all that it is made of."
    ),
    "delete-endpoint": Place("deployments_endpoints", "delete_endpoint", "Remove an endpoint."),
    "explain": Place(
        "deployments_predict", "explain", "Ask a deployment why it predicts what it does."
    ),
    "get": Place("deployments_state", "get", "Show all that is known of a deployment."),
    "get-endpoint": Place("deployments_endpoints", "get_endpoint", "Show an endpoint."),
    "history": Place("deployments_state", "history", "List what a deployment ran, and since when."),
    "help": Place("deployments_local", "target_help", "Show what a target can be told."),
    "list": Place("deployments_state", "list_deployments", "List the deployments of a target."),
    "list-endpoints": Place(
        "deployments_endpoints", "list_endpoints", "List the endpoints of a target."
    ),
    "logs": Place(
        "deployments_state",
        "logs",
        "Show what a deployment prints.",
    ),
    "plan": Place(
        "deployments_changes", "plan", "Show what apply would change, and change nothing."
    ),
    "predict": Place("deployments_predict", "predict", "Ask a deployment for predictions."),
    "rollback": Place(
        "deployments_changes", "rollback", "Let a deployment run what it ran before."
    ),
    "run-local": Place(
        "deployments_local", "run_local", "Serve a model on this machine as a target would."
    ),
    "start-batch": Place(
        "deployments_batch", "start_batch", "Let a model score files at a target."
    ),
    "status": Place("deployments_state", "status", "Say how a deployment is doing."),
    "stop-batch": Place(
        "deployments_batch",
        "stop_batch",
        "Stop a job that scores files, and remove what was made for it.",
    ),
    "update": Place("deployments_changes", "update", "Change what a deployment runs, or how."),
    "update-endpoint": Place("deployments_endpoints", "update_endpoint", "Change an endpoint."),
    "write": Place(
        "deployments_changes", "write", "Write what apply would make as files, and make nothing."
    ),
}


@example(
    "millstream deployments plan -t kubernetes --name churn -m models:/churn@champion \\",
    "    -C repository=registry.example.com/churn",
    "millstream deployments apply -t kubernetes --name churn -m models:/churn@champion \\",
    "    -C repository=registry.example.com/churn",
    "millstream deployments status -t kubernetes --name churn",
)
@click.group(cls=LateGroup, places=COMMANDS)
def deployments() -> None:
    """Deploy models to clusters and clouds, and look after them there."""
