"""Commands about models: the registry, serving, predicting, and the environments they need."""

from __future__ import annotations

import click

from millstream.cli.late import LateGroup, Place
from millstream.cli.options import example

COMMANDS: dict[str, Place] = {
    "alias": Place("models_alias", "alias", "Let an alias point to a version, or remove it."),
    "approve": Place("models_requests", "approve", "Approve a request, which performs the move."),
    "build-docker": Place(
        "models_images",
        "build_docker",
        "Build an image that serves a model, or any model, with docker, podman or buildah.",
    ),
    "cancel": Place("models_requests", "cancel", "Take a request back."),
    "check-gates": Place("models_gates", "check_gates", "Say what the gates would say to a move."),
    "compare": Place(
        "models_compare",
        "compare",
        "Show versions side by side: what they are, params, metrics, tags and signature.",
    ),
    "delete-gate": Place("models_gates", "delete_gate", "Take a gate away."),
    "describe": Place(
        "models_list", "describe", "Show a registered model with its versions, or one version."
    ),
    "gates": Place("models_gates", "gates", "List the gates of a registered model."),
    "generate-dockerfile": Place(
        "models_images",
        "generate_dockerfile",
        "Write a Dockerfile that serves a model, or any model, with all that it copies.",
    ),
    "history": Place(
        "models_history",
        "history",
        "Show who changed what, when and why; or what was where at a date.",
    ),
    "list": Place("models_list", "list_models", "List the registered models."),
    "predict": Place(
        "models_predict", "predict", "Predict for a file of rows, or for the standard input."
    ),
    "prepare-env": Place(
        "models_environments",
        "prepare_env",
        "Make the environment of a model, and print its interpreter.",
    ),
    "promote": Place(
        "models_promote", "promote", "Move a version to a stage, here or on another server."
    ),
    "register": Place(
        "models_register",
        "register",
        "Register the model of a run as the next version of a registered model.",
    ),
    "reject": Place("models_requests", "reject", "Refuse a request."),
    "remove-envs": Place(
        "models_environments",
        "remove_envs",
        "Remove environments of models that nobody has used for a while.",
    ),
    "request": Place(
        "models_requests",
        "request",
        "Ask for a move of a version to a stage, or of an alias, for somebody else to approve.",
    ),
    "requests": Place("models_requests", "requests", "List the requests for moves, newest first."),
    "rollback": Place("models_history", "rollback", "Undo the last move of a stage or alias."),
    "scaffold": Place(
        "models_scaffold",
        "scaffold",
        "Write an application around a model, which is yours to change.",
    ),
    "serve": Place(
        "models_serve",
        "serve",
        "Serve models over HTTP, as MLflow does and by the Open Inference Protocol.",
    ),
    "set-gate": Place(
        "models_gates",
        "set_gate",
        "Give a registered model a gate, in the place of one of the same name.",
    ),
    "stages": Place(
        "models_stages",
        "stages",
        "Show the stages, the moves between them and what is protected; or change them.",
    ),
    "update-pip-requirements": Place(
        "models_environments",
        "update_pip_requirements",
        "Add requirements to a model, in place of those of the same packages, or remove them.",
    ),
}


@example(
    "millstream models register -r 0123456789abcdef0123456789abcdef -n churn",
    "millstream models promote --name churn --version 3 --stage Production",
    "millstream models serve -m models:/churn/Production -p 5001",
)
@click.group(cls=LateGroup, places=COMMANDS)
def models() -> None:
    """Keep, serve, compare and move models."""
