"""The scoring servers that are compared: how each trains, starts, and is asked."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.servers import Product, Running, running

PEERS = Path(__file__).parent / "peers"
ROOT = Path(__file__).parents[1]
Rows = list[list[float]]


@dataclass(frozen=True)
class ScoringProduct:
    """A server of one model, with one worker.

    `body` makes the JSON that asks for the predictions of some rows, and `predictions` finds them
    in the parsed answer.
    """

    product: Product
    kind: str
    """How `peers/train.py` keeps the model for it."""
    path: str
    body: Callable[[Rows], Any]
    predictions: Callable[[Any], list[float]]
    program: str | None = None
    """The file of `peers/` that is served."""
    estimator: str = "linear"
    """Which of the estimators of `peers/train.py`."""

    @property
    def name(self) -> str:
        """What the table calls it."""
        return self.product.name

    def ask(self, rows: Rows) -> bytes:
        """The body of a request."""
        return json.dumps(self.body(rows), separators=(",", ":")).encode()

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Running]:
        """Train, keep and serve the model in a folder."""
        self.product.prepare()
        folder.mkdir(parents=True, exist_ok=True)
        arguments = [self.kind, str(folder), self.estimator]
        train = [str(self.product.python), str(PEERS / "train.py"), *arguments]
        subprocess.run(train, check=True, cwd=folder, env=self.product.environment(folder))
        if self.program is not None:
            shutil.copy(PEERS / self.program, folder / "service.py")
        with running(self.product, folder) as server:
            yield server


def _named(key: str) -> Callable[[Rows], Any]:
    return lambda rows: {key: rows}


def _tensor(rows: Rows) -> Any:
    shape = [len(rows), len(rows[0])]
    data = [value for row in rows for value in row]
    return {"inputs": [{"name": "x", "shape": shape, "datatype": "FP64", "data": data}]}


def _under_predictions(answer: Any) -> list[float]:
    found: list[float] = answer["predictions"]
    return found


def _bare(answer: Any) -> list[float]:
    found: list[float] = answer
    return found


def _under_outputs(answer: Any) -> list[float]:
    found: list[float] = answer["outputs"][0]["data"]
    return found


def ours(name: str = "Millstream", *options: str, estimator: str = "linear") -> ScoringProduct:
    """Our server, with further options of `models serve`."""
    command = [
        "millstream",
        "models",
        "serve",
        "--model-uri={folder}/model",
        "--port={port}",
        "--env-manager=local",
    ]
    product = Product(
        name,
        (*command, *options),
        "",
        requirements=("--editable", str(ROOT), "scikit-learn==1.9.1", "skops", "cloudpickle"),
        health="/ping",
        venv="millstream",
    )
    return ScoringProduct(
        product,
        "millstream",
        "/invocations",
        _named("inputs"),
        _under_predictions,
        estimator=estimator,
    )


MLFLOW = ScoringProduct(
    Product(
        "MLflow",
        (
            "mlflow",
            "models",
            "serve",
            "--model-uri={folder}/model",
            "--port={port}",
            "--workers=1",
            "--env-manager=local",
        ),
        "",
        requirements=("mlflow==3.17.2",),
        health="/ping",
        variables={"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
    ),
    "mlflow",
    "/invocations",
    _named("inputs"),
    _under_predictions,
)
_FLASK = ("flask==3.1.3", "gunicorn==26.2.0", "scikit-learn==1.9.1")
FLASK = ScoringProduct(
    Product(
        "Flask",
        ("python", "service.py"),
        "",
        requirements=_FLASK,
        variables={"PORT": "{port}"},
    ),
    "pickle",
    "/predict",
    _named("data"),
    _bare,
    "flask_app.py",
)
GUNICORN = ScoringProduct(
    Product(
        "Flask under gunicorn",
        ("gunicorn", "--workers=1", "--bind=127.0.0.1:{port}", "service:app"),
        "",
        requirements=_FLASK,
        venv="flask",
    ),
    "pickle",
    "/predict",
    _named("data"),
    _bare,
    "flask_app.py",
)
BENTOML = ScoringProduct(
    Product(
        "BentoML",
        ("bentoml", "serve", "service:Diabetes", "--host=127.0.0.1", "--port={port}"),
        "",
        requirements=("bentoml==1.4.39", "scikit-learn==1.9.1"),
        health="/readyz",
        variables={"BENTOML_HOME": "{folder}/bento", "BENTOML_DO_NOT_TRACK": "true"},
    ),
    "bentoml",
    "/predict",
    _named("data"),
    _bare,
    "bentoml_service.py",
)
MLSERVER = ScoringProduct(
    Product(
        "MLServer",
        ("mlserver", "start", "."),
        "",
        requirements=("mlserver==1.7.1", "mlserver-sklearn==1.7.1"),
        health="/v2/models/diabetes/ready",
        variables={
            "MLSERVER_HOST": "127.0.0.1",
            "MLSERVER_HTTP_PORT": "{port}",
            "MLSERVER_GRPC_PORT": "{port1}",
            "MLSERVER_METRICS_PORT": "{port2}",
            "MLSERVER_PARALLEL_WORKERS": "0",
            "MLSERVER_DEBUG": "false",
        },
    ),
    "mlserver",
    "/v2/models/diabetes/infer",
    _tensor,
    _under_outputs,
)
PRODUCTS = (MLFLOW, FLASK, GUNICORN, BENTOML, MLSERVER)
