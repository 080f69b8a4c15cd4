"""Fills a model registry over the wire: a model with a life, many models, an absurd one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, NamedTuple

from tests.browser.seed import CONNECTIONS, Wire, pairs, point

MANY_MODELS = 1_200
VERSIONS = 5
LIVED = "house-prices"
BARE = "no-versions-yet"
FRESH_RUN = "keen-heron-5"

INPUTS = [
    {"type": "double", "name": "rooms", "required": True},
    {"type": "double", "name": "distance", "required": True},
    {"type": "long", "name": "built", "required": False},
]
OUTPUTS = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]
PARAMS = [{"name": "quantile", "type": "double", "default": 0.5, "shape": None}]
REQUIREMENTS = "millstream\nscikit-learn==1.7.2\nnumpy==2.3.5\n"


class SeededRegistry(NamedTuple):
    """Address and ids of what was filled in."""

    address: str
    experiment_id: str
    run_id: str
    """A run whose logged model is not registered."""
    model_id: str
    absurd: str


def fill_registry(address: str) -> SeededRegistry:
    fill_many(address)
    with closing(Wire(address)) as wire:
        experiment_id, models = fill_lived(wire)
        wire.post("registered-models/create", name=BARE)
        absurd = fill_absurd(wire, *models[0])
    return SeededRegistry(address, experiment_id, *models[VERSIONS], absurd)


def fill_lived(wire: Wire) -> tuple[str, list[tuple[str, str]]]:
    """The model with a life; the experiment, and runs and logged models, one more than versions."""
    experiment_id = wire.create_experiment("house prices", team="valuation")
    wire.post(
        "registered-models/create",
        name=LIVED,
        description="Predicts the price of a house from its rooms, its age and how far it is "
        "from the centre.\nRetrained every Monday; owned by the valuation team.",
        tags=pairs({"team": "valuation", "tier": "gold"}),
    )
    models = [log_model(wire, experiment_id, number) for number in range(VERSIONS + 1)]
    for number, (run_id, model_id) in enumerate(models[:VERSIONS], start=1):
        register(wire, run_id, model_id, number)
    live(wire)
    deploy(wire)
    return experiment_id, models


MLFLOW = "/api/2.0/mlflow"


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def manifest(number: int) -> str:
    inputs = INPUTS if number > 1 else INPUTS[:2]
    return "\n".join(
        [
            "artifact_path: model",
            "flavors:",
            "  python_function:",
            "    env: python_env.yaml",
            "    loader_module: mlflow.sklearn",
            "    python_version: 3.12.3",
            "  sklearn:",
            "    serialization_format: skops",
            "    sklearn_version: 1.7.2",
            "model_size_bytes: 18432",
            "signature:",
            f"  inputs: '{json.dumps(inputs)}'",
            f"  outputs: '{json.dumps(OUTPUTS)}'",
            f"  params: '{json.dumps(PARAMS)}'",
            "",
        ]
    )


def log_model(wire: Wire, experiment_id: str, number: int) -> tuple[str, str]:
    """A finished run with params, metrics, a dataset and a logged model with files."""
    name = FRESH_RUN if number == VERSIONS else f"keen-heron-{number}"
    commit = {"mlflow.source.git.commit": f"{number}a9c41e7" * 5}
    run_id = wire.create_run(experiment_id, name, number, **commit)
    answer = wire.post(
        "logged-models",
        experiment_id=experiment_id,
        name="model",
        source_run_id=run_id,
        model_type="regressor",
        params=pairs({"alpha": str(number / 10)}),
    )
    model_id = str(answer["model"]["info"]["model_id"])
    wire.post("runs/outputs", run_id=run_id, models=[{"model_id": model_id, "step": 0}])
    wire.post(
        "runs/log-inputs",
        run_id=run_id,
        datasets=[
            {
                "tags": pairs({"mlflow.data.context": "training"}),
                "dataset": {
                    "name": "houses",
                    "digest": "8f14e45f",
                    "source_type": "local",
                    "source": "data/houses.csv",
                },
            }
        ],
    )
    metrics = [
        {**point("mse", 24.5 - number * 1.75, at=number), "model_id": model_id},
        {**point("r2", 0.71 + number * 0.04, at=number), "model_id": model_id},
    ]
    params = {"model": "Ridge", "alpha": str(number / 10), "folds": "5"}
    wire.log(run_id, params, metrics)
    wire.finish(run_id, number)
    files = {"MLmodel": manifest(number + 1), "requirements.txt": REQUIREMENTS, "model.skops": "x"}
    for path, content in files.items():
        place = f"{experiment_id}/models/{model_id}/artifacts/{path}"
        target = f"/api/2.0/mlflow-artifacts/artifacts/{place}"
        wire.send("PUT", target, content.encode())
    wire.send("PATCH", f"{MLFLOW}/logged-models/{model_id}", body(status="LOGGED_MODEL_READY"))
    kept = f"/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/{run_id}/artifacts/kept/MLmodel"
    wire.send("PUT", kept, manifest(number + 1).encode())
    return run_id, model_id


def register(wire: Wire, run_id: str, model_id: str, number: int) -> None:
    wire.post(
        "model-versions/create",
        name=LIVED,
        source=f"models:/{model_id}",
        run_id=run_id,
        model_id=model_id,
        tags=pairs({"reviewed": "yes" if number != 3 else "no"}),
        description="Adds the year of building." if number == 2 else "",
        user_id="ann",
        comment="Nightly training" if number > 1 else "",
    )


def live(wire: Wire) -> None:
    """Version 4 in Production after 1 and 2, 5 in Staging, and an alias that moved."""

    def move(version: int, stage: str, user_id: str, comment: str) -> None:
        wire.post(
            "model-versions/transition-stage",
            name=LIVED,
            version=str(version),
            stage=stage,
            archive_existing_versions=stage == "Production",
            user_id=user_id,
            comment=comment,
        )

    def point_to(version: int, user_id: str) -> None:
        wire.post(
            "registered-models/alias",
            name=LIVED,
            alias="champion",
            version=str(version),
            user_id=user_id,
        )

    move(1, "Production", "ann", "First model good enough to show")
    point_to(1, "ann")
    move(2, "Staging", "ben", "")
    move(2, "Production", "ben", "Passed the shadow test of last week")
    point_to(2, "ben")
    move(4, "Staging", "ann", "")
    move(
        4, "Production", "carla", "2.1 % less error on the holdout; agreed in the review of Tuesday"
    )
    point_to(4, "carla")
    move(5, "Staging", "ann", "Waiting for the fairness report")


PRICING = "kubernetes://production/pricing"


def deploy(wire: Wire) -> None:
    """Version 4 in production after 1 and 2 and at the edge; version 2 was tried out here."""

    def runs_now(version: int, target: str, user_id: str, **more: Any) -> None:
        image = f"registry.example.com/valuation/{LIVED}"
        told = body(
            target=target,
            name=LIVED,
            model_uri=f"models:/{LIVED}/{version}",
            model_name=LIVED,
            model_version=str(version),
            image=f"{image}:{version}",
            image_digest=f"sha256:{version}{'140f35c4b28d' * 5}0c3",
            user_id=user_id,
            **more,
        )
        wire.send("POST", "/api/v1/deployments", told)

    here = "local:///srv/models"
    runs_now(2, here, "ben", address="unix:///run/models/house-prices.sock")
    wire.send("POST", "/api/v1/deployments/end", body(target=here, name=LIVED))
    for version, user_id in ((1, "ann"), (2, "ben"), (4, "ben"), (4, "carla")):
        address = "https://prices.example.com/invocations"
        runs_now(version, PRICING, user_id, endpoint="blue", address=address)
    runs_now(4, "docker://edge-7.example.com:2376", "ann", address="tcp://edge-7.example.com:8080")


def fill_absurd(wire: Wire, run_id: str, model_id: str) -> str:
    name = "m" * 300
    wire.post(
        "registered-models/create",
        name=name,
        description="d" * 5_000,
        tags=pairs({f"tag {at} {'k' * 60}": "v" * 300 for at in range(40)}),
    )
    for number in range(1, 131):
        wire.post(
            "model-versions/create",
            name=name,
            source=f"models:/{model_id}",
            run_id=run_id,
            model_id=model_id,
            tags=pairs({f"tag {at}": "v" * at for at in range(8)}),
            comment="c" * 500 if number == 130 else None,
        )
    for at in range(12):
        wire.post(
            "registered-models/alias", name=name, alias=f"alias-{'a' * 100}-{at}", version="130"
        )
    return name


def fill_many(address: str) -> None:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = [
            pool.submit(fill_part, address, range(part, MANY_MODELS, CONNECTIONS))
            for part in range(CONNECTIONS)
        ]
    for part in parts:
        part.result()


def fill_part(address: str, numbers: range) -> None:
    with closing(Wire(address)) as wire:
        for number in numbers:
            tags = pairs({"team": f"team-{number % 7}"})
            wire.post("registered-models/create", name=f"model-{number:04}", tags=tags)
