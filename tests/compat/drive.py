"""Drives a tracking server through MLflow's own client and writes down what it answered, as JSON.

Runs in the environment of MLflow: `python drive.py http://127.0.0.1:5000 answers.json`. Ids,
times and addresses become names, so that the answers of two servers can be compared.
"""

from __future__ import annotations

import functools
import json
import math
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

import mlflow

T0 = 1_700_000_000_000
TIMES = re.compile(r"_time$|^timestamp$|_timestamp$|_timestamp_ms$")
HIDDEN = (
    "mlflow.user",
    "mlflow.source.name",
    "mlflow.source.type",
    "mlflow.source.git",
)  # of this machine
LONGEST = 2_000
ADDRESS = re.compile(r"mlflow-artifacts://[^/]*/")


class Recorder:
    """The answers, with names in place of what differs from server to server."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def know(self, identifier: str, name: str) -> str:
        """Show this id as `name` from now on."""
        self._names[identifier] = f"<{name}>"
        return identifier

    def note(self, step: str, value: Any) -> None:
        """Keep an answer."""
        assert step not in self.answers, step
        self.answers[step] = self.plain(value)

    def refusal(self, step: str, call: Callable[[], Any]) -> None:
        """Keep the error that a call raises."""
        try:
            call()
        except MlflowException as error:
            message = self.plain(error.message)
            self.note(step, {"error_code": error.error_code, "message": wording(message)})
        else:
            raise AssertionError(f"{step}: no error")

    def plain(self, value: Any, key: str = "") -> Any:
        """The value as JSON has it, ids and times replaced."""
        if isinstance(value, dict):
            shown = {k: v for k, v in value.items() if not str(k).startswith(HIDDEN)}
            return {self.plain(k): self.plain(v, str(k)) for k, v in sorted(shown.items())}
        if isinstance(value, str):
            return "<user>" if key == "user_id" and value else self._text(value)
        if isinstance(value, (Sequence, np.ndarray, set)):
            return [self.plain(item) for item in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, (int, np.integer)):
            return "<time>" if TIMES.search(key) and not T0 <= value < T0 + 10**6 else int(value)
        if isinstance(value, (float, np.floating)):
            return "NaN" if math.isnan(value) else round(float(value), 9)
        if hasattr(value, "to_dictionary"):
            return self.plain(value.to_dictionary())
        return self.plain(dict(value))

    def _text(self, text: str) -> str:
        for identifier, name in self._names.items():
            pattern = rf"(?<![0-9A-Za-z]){re.escape(identifier)}(?![0-9A-Za-z])"
            text = re.sub(pattern, name, text)
        if len(text) > LONGEST:
            text = f"{text[:100]}… ({len(text)} characters)"
        return ADDRESS.sub("mlflow-artifacts:/", text)


def wording(message: str) -> str:
    """A message without what servers may say differently.

    That is what a database said, hints after the fact, places in a filter, and the order of sets.
    """
    message = re.split(r"(?<=already exists\.) |(?<=supplied)[.:] ", message)[0]
    message = re.sub(r" \(at position \d+(: .*)?\)$", "", message)
    return re.sub(
        r"'\{(.*?)\}'", lambda found: "{" + ", ".join(sorted(found[1].split(", "))) + "}", message
    )


def experiments(client: Any, seen: Recorder) -> str:
    """Create, find, tag, rename, delete, restore."""
    first = seen.know(client.create_experiment("first", tags={"team": "a"}), "experiment-1")
    second = seen.know(client.create_experiment("second"), "experiment-2")
    seen.note("experiment", client.get_experiment(first))
    seen.note("experiment by name", client.get_experiment_by_name("second"))
    seen.note("no experiment by name", client.get_experiment_by_name("none"))
    seen.refusal("experiment twice", lambda: client.create_experiment("first"))
    seen.refusal("no experiment", lambda: client.get_experiment("987654"))
    seen.refusal("experiment without name", lambda: client.create_experiment(""))
    client.set_experiment_tag(first, "stage", "test")
    client.rename_experiment(second, "renamed")
    filters = (
        "name = 'renamed'",
        "name LIKE 're%'",
        "name ILIKE 'FIR%'",
        "tags.stage = 'test'",
        "tags.team != 'a'",
    )
    for text in filters:
        found = client.search_experiments(filter_string=text)
        seen.note(f"experiments where {text}", [one.name for one in found])
    ordered = client.search_experiments(order_by=["name DESC"])
    seen.note("experiments by name", [one.name for one in ordered])
    seen.refusal(
        "experiments with a wrong filter", lambda: client.search_experiments(filter_string="x = 1")
    )
    client.delete_experiment(second)
    deleted = client.search_experiments(view_type=ViewType.DELETED_ONLY)
    seen.note("deleted experiments", [(one.name, one.lifecycle_stage) for one in deleted])
    seen.refusal("experiment of a deleted name", lambda: client.create_experiment("renamed"))
    seen.refusal("run in a deleted experiment", lambda: client.create_run(second))
    client.restore_experiment(second)
    seen.note("restored experiment", client.get_experiment(second))
    return first


def runs(client: Any, seen: Recorder, experiment: str) -> list[str]:
    """Create, log, read back, refuse, delete, restore."""
    made = []
    for number in range(1, 6):
        run = client.create_run(
            experiment,
            start_time=T0 + number,
            run_name=f"run {number}",
            tags={"kind": f"k{number}"},
        )
        made.append(seen.know(run.info.run_id, f"run-{number}"))
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("loss", 1 / (step + number), T0 + step, step) for step in range(10)],
            params=[
                Param("lr", str(number / 10)),
                Param("model", "linear" if number % 2 else "tree"),
            ],
            tags=[RunTag("batch", "yes")],
        )
    first = made[0]
    seen.note("run", client.get_run(first))
    client.log_metric(first, "accuracy", 0.5, timestamp=T0, step=3)
    client.log_metric(first, "nothing", float("nan"), timestamp=T0, step=0)
    client.log_param(first, "lr", "0.1")
    seen.refusal("param changed", lambda: client.log_param(first, "lr", "0.2"))
    seen.refusal("no run", lambda: client.get_run("f" * 32))
    seen.refusal("bad metric name", lambda: client.log_metric(first, "a$b", 1.0, timestamp=T0))
    seen.refusal("bad param name", lambda: client.log_param(first, "", "x"))
    seen.note("history", client.get_metric_history(first, "loss"))
    seen.note("no history", client.get_metric_history(first, "unknown"))
    client.set_tag(first, "note", "text")
    client.delete_tag(first, "batch")
    seen.refusal("tag deleted twice", lambda: client.delete_tag(first, "batch"))
    client.update_run(first, status="FAILED", name="renamed")
    client.set_terminated(made[1], "KILLED", end_time=T0 + 500)
    client.set_terminated(made[2], end_time=T0 + 600)
    seen.note("updated run", client.get_run(first))
    seen.note("ended run", client.get_run(made[1]).info)
    client.delete_run(made[4])
    seen.note("deleted run", client.get_run(made[4]).info.lifecycle_stage)
    seen.refusal("log to a deleted run", lambda: client.set_tag(made[4], "a", "b"))
    client.restore_run(made[4])
    seen.note("restored run", client.get_run(made[4]).info.lifecycle_stage)
    return made


def searches(client: Any, seen: Recorder, experiment: str, made: list[str]) -> None:
    """Filters, orders, pages, views, and what is refused."""
    filters = (
        "",
        "metrics.loss < 0.08",
        "metrics.loss >= 0.08 AND params.model = 'linear'",
        "params.lr = '0.3'",
        "params.model LIKE 't%'",
        "params.model ILIKE 'LIN%'",
        f"attributes.run_id IN ('{made[0]}', '{made[3]}')",
        "params.missing IS NULL",
        "tags.kind != 'k2'",
        "tags.`mlflow.runName` = 'run 3'",
        "attributes.status = 'KILLED'",
        "attributes.run_name = 'renamed'",
        f"attributes.start_time > {T0 + 3}",
        "status != 'RUNNING' and metrics.accuracy > 0.4",
    )
    for text in filters:
        found = client.search_runs([experiment], text)
        seen.note(f"runs where {seen.plain(text)}", [run.info.run_id for run in found])
    orders = (
        ["metrics.loss DESC"],
        ["metrics.accuracy ASC", "start_time ASC"],
        ["params.model", "start_time DESC"],
        ["tags.kind DESC"],
        ["attributes.end_time ASC"],
    )
    for order in orders:
        found = client.search_runs([experiment], order_by=list(order))
        seen.note(f"runs by {order}", [run.info.run_id for run in found])
    pages, token = [], None
    while True:
        page = client.search_runs(
            [experiment], max_results=2, order_by=["start_time ASC"], page_token=token
        )
        pages.append([run.info.run_id for run in page])
        token = page.token
        if not token:
            break
    seen.note("pages of runs", pages)
    for wrong in ("metrics.loss = 'x'", "nonsense", "foo.bar = 1"):
        search = functools.partial(client.search_runs, [experiment], wrong)
        seen.refusal(f"runs where {wrong}", search)
    seen.refusal("runs, too many", lambda: client.search_runs([experiment], max_results=10**6))
    frame = mlflow.search_runs([experiment], order_by=["start_time ASC"])
    columns = [name for name in frame.columns if not name.startswith(("tags.mlflow.", "artifact_"))]
    seen.note("columns of the frame", sorted(columns))
    seen.note("statuses in the frame", frame["status"].tolist())


def fluent(client: Any, seen: Recorder) -> None:
    """The functions for scripts: nesting, resumption, inputs."""
    chosen = mlflow.set_experiment("fluent")
    seen.know(chosen.experiment_id, "experiment-3")
    with mlflow.start_run(run_name="outer", tags={"a": "b"}, description="words") as outer:
        seen.know(outer.info.run_id, "outer")
        mlflow.log_params({"x": 1, "y": "z"})
        mlflow.log_metrics({"m": 1.5, "n": 2.0}, step=4, timestamp=T0)
        table = pd.DataFrame({"a": [1.0, 2.0]})
        data = mlflow.data.from_pandas(table, source="table.csv", name="table")
        mlflow.log_input(data, context="training", tags={"split": "all"})
        with mlflow.start_run(run_name="inner", nested=True) as inner:
            seen.know(inner.info.run_id, "inner")
            mlflow.log_metric("m", 3.0, timestamp=T0)
    with mlflow.start_run(run_id=outer.info.run_id):
        mlflow.set_tags({"later": "yes"})
    seen.note("outer run", client.get_run(outer.info.run_id))
    seen.note("inner run", client.get_run(inner.info.run_id))
    parent = mlflow.get_parent_run(inner.info.run_id)
    seen.note("parent", parent.info.run_id if parent else None)


def artifacts(client: Any, seen: Recorder, run_id: str) -> None:
    """Write, list, fetch."""
    client.log_text(run_id, "äöü\n", "notes/text.txt")
    client.log_dict(run_id, {"a": [1, 2]}, "notes/data.json")
    client.log_table(run_id, {"q": ["a", "b"], "n": [1, 2]}, "table.json")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "deep", "er").mkdir(parents=True)
        Path(folder, "deep", "er", "file.bin").write_bytes(bytes(range(256)) * 100)
        Path(folder, "empty").touch()
        client.log_artifacts(run_id, folder, "tree")
        client.log_artifact(run_id, str(Path(folder, "empty")))
    for path in ("", "notes", "tree", "tree/deep", "tree/empty", "none"):
        seen.note(f"artifacts below '{path}'", client.list_artifacts(run_id, path or None))
    with tempfile.TemporaryDirectory() as folder:
        local = Path(client.download_artifacts(run_id, "", folder))
        files = {
            str(file.relative_to(local)): file.stat().st_size
            for file in local.rglob("*")
            if file.is_file()
        }
        seen.note("downloaded", files)
        seen.note("text", (local / "notes/text.txt").read_text())
    home = client.get_run(run_id).info.experiment_id
    seen.note("table", client.load_table(home, "table.json", [run_id]).to_dict("list"))


def models(client: Any, seen: Recorder) -> None:
    """Log a model, find it, load it, measure it, delete it."""
    x = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
    model = LinearRegression().fit(x, [1.0, 2.0, 3.0])
    with mlflow.start_run(run_name="models") as run:
        seen.know(run.info.run_id, "model run")
        mlflow.log_param("alpha", 1)
        mlflow.log_metric("score", 0.25, timestamp=T0)
        info = mlflow.sklearn.log_model(
            model, name="linear", input_example=x[:2], model_type="regressor", tags={"own": "tag"}
        )
        seen.know(info.model_id, "model-1")
        mlflow.log_metric("later", 0.75, timestamp=T0, model_id=info.model_id)
    logged = client.get_logged_model(info.model_id)
    measured = sorted(logged.metrics, key=lambda metric: metric.key)
    seen.note("logged model", {**logged.to_dictionary(), "metrics": measured})
    seen.note("model info", [info.name, info.model_uri, info.artifact_path, info.params])
    seen.note("outputs", client.get_run(run.info.run_id).outputs.to_dictionary())
    for uri in (info.model_uri, f"runs:/{run.info.run_id}/linear"):
        loaded = mlflow.pyfunc.load_model(uri)
        seen.note(f"predictions of {seen.plain(uri)}", loaded.predict(x))
        seen.note(f"signature of {seen.plain(uri)}", loaded.metadata.signature.to_dict())
    files = client.list_logged_model_artifacts(info.model_id)
    seen.note("model files", sorted(file.path for file in files))
    for text in (
        "name = 'linear'",
        "metrics.later > 0.5",
        "params.alpha = '2'",
        "tags.own = 'tag'",
    ):
        found = client.search_logged_models([logged.experiment_id], text)
        seen.note(f"models where {text}", [one.model_id for one in found])
    client.set_logged_model_tags(info.model_id, {"more": "words"})
    client.delete_logged_model_tag(info.model_id, "own")
    tags = client.get_logged_model(info.model_id).tags
    seen.note("model tags", {key: value for key, value in tags.items() if key == "more"})
    outside = mlflow.initialize_logged_model(name="pending", experiment_id=logged.experiment_id)
    seen.know(outside.model_id, "model-2")
    seen.note("pending", str(outside.status))
    failed = client.finalize_logged_model(outside.model_id, "FAILED")
    seen.note("failed", str(failed.status))
    client.delete_logged_model(outside.model_id)
    seen.refusal("deleted model", lambda: client.get_logged_model(outside.model_id))
    seen.refusal("no model", lambda: client.get_logged_model("m-" + "0" * 32))


def main(uri: str) -> None:
    """Do all of it, and write the answers down."""
    warnings.simplefilter("ignore")
    mlflow.set_tracking_uri(uri)
    client, seen = mlflow.MlflowClient(), Recorder()
    experiment = experiments(client, seen)
    made = runs(client, seen, experiment)
    searches(client, seen, experiment, made)
    fluent(client, seen)
    artifacts(client, seen, made[0])
    models(client, seen)
    Path(sys.argv[2]).write_text(json.dumps(seen.answers, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
