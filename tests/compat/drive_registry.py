"""Drives the model registry of a server through MLflow's own client, and writes down its answers.

Runs in the environment of MLflow, in the root of the repository:
`python -m tests.compat.drive_registry http://127.0.0.1:5000 answers.json`. What the client hides is
asked once more in plain HTTP by `registry_wire`.
"""

from __future__ import annotations

import functools
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.rest_store import RestStore
from sklearn.linear_model import LinearRegression
from tests.compat import registry_wire
from tests.compat.drive import Recorder

import mlflow


def outcome(seen: Recorder, step: str, call: Callable[[], Any]) -> Any:
    """Keep what a call returns, or the error that it raises."""
    try:
        value = call()
    except MlflowException as error:
        message = seen.plain(error.message)
        seen.note(step, {"error_code": error.error_code, "message": message})
        return None
    seen.note(step, value)
    return value


def moved(seen: Recorder, client: Any, step: str, name: str, call: Callable[[], Any]) -> None:
    """Keep whether a call moved the times of update of a model and its versions."""

    def times() -> dict[str, int]:
        found = client.search_model_versions(f"name = '{name}'")
        model = {"model": client.get_registered_model(name).last_updated_timestamp}
        return model | {one.version: one.last_updated_timestamp for one in found}

    before = times()
    time.sleep(0.01)
    call()
    after = times()
    changed = sorted(key for key in after if after[key] != before.get(key))
    seen.note(f"times moved by {step}", changed)


def models(client: Any, seen: Recorder) -> None:
    """Create, describe, rename, tag, delete."""
    for step, name, tags, text in (
        ("bare", "bare", None, None),
        ("full", "full", {"b": "2", "a": ""}, "what it is"),
        ("without words", "empty words", None, ""),
        ("ünïcode", "ünï ☃ \\ name", {"ключ": "значение"}, "ŝ" * 1_000),
        ("long", "n" * 250, None, None),
        ("twice", "bare", None, None),
        ("slash", "a/b", None, None),
        ("colon", "a:b", None, None),
        ("nothing", "", None, None),
        ("blank", "  ", None, None),
        ("dot", ".", None, None),
        ("dots", "..", None, None),
        ("no name", None, None, None),
        ("spaces", " in space ", None, None),
    ):
        create = functools.partial(client.create_registered_model, name, tags, text)
        outcome(seen, f"create a model, {step}", create)
    for name in ("bare", "full", "empty words", "ünï ☃ \\ name", "none", "a/b", ""):
        get = functools.partial(client.get_registered_model, name)
        outcome(seen, f"get the model '{name}'", get)
    update = client.update_registered_model
    outcome(seen, "describe a model", lambda: update("bare", "words"))
    outcome(seen, "undescribe a model", lambda: update("bare", ""))
    outcome(seen, "describe with nothing", lambda: update("full", None))
    outcome(seen, "describe no model", lambda: update("none", "x"))
    outcome(seen, "full after nothing", lambda: client.get_registered_model("full"))
    rename = client.rename_registered_model
    outcome(seen, "rename", lambda: rename("bare", "renamed"))
    outcome(seen, "get the old name", lambda: client.get_registered_model("bare"))
    outcome(seen, "rename to a taken name", lambda: rename("renamed", "full"))
    outcome(seen, "rename to itself", lambda: rename("renamed", "renamed"))
    outcome(seen, "rename to a bad name", lambda: rename("renamed", "a/b"))
    outcome(seen, "rename to nothing", lambda: rename("renamed", "  "))
    outcome(seen, "rename no model", lambda: rename("none", "x"))
    outcome(seen, "delete", lambda: client.delete_registered_model("renamed"))
    outcome(seen, "delete again", lambda: client.delete_registered_model("renamed"))
    outcome(seen, "create again", lambda: client.create_registered_model("renamed"))


def model_tags(client: Any, seen: Recorder) -> None:
    """Tags of models and of versions, and what is refused."""
    client.create_registered_model("tagged")
    client.create_model_version("tagged", "s3://b/1")
    for key, value in (
        ("k", "v"),
        ("k", "other"),
        ("n", 5),
        ("empty", ""),
        ("none", None),
        ("a/b", "v"),
        ("a//b", "v"),
        ("a!b", "v"),
        ("", "v"),
        ("k" * 250, "v"),
        ("k" * 251, "v"),
        ("long", "v" * 5_000),
        ("longer", "v" * 100_001),
    ):
        shown = f"{key[:9]}={str(value)[:9]} ({len(key)}, {len(str(value))})"
        of_model = functools.partial(client.set_registered_model_tag, "tagged", key, value)
        outcome(seen, f"tag a model {shown}", of_model)
        of_version = functools.partial(client.set_model_version_tag, "tagged", "1", key, value)
        outcome(seen, f"tag a version {shown}", of_version)
    seen.note("tags of a model", client.get_registered_model("tagged").tags)
    seen.note("tags of a version", client.get_model_version("tagged", "1").tags)
    outcome(seen, "untag a model", lambda: client.delete_registered_model_tag("tagged", "k"))
    outcome(seen, "untag a model again", lambda: client.delete_registered_model_tag("tagged", "k"))
    outcome(seen, "untag no model", lambda: client.delete_registered_model_tag("none", "k"))
    outcome(seen, "untag", lambda: client.delete_model_version_tag("tagged", "1", "k"))
    outcome(seen, "untag again", lambda: client.delete_model_version_tag("tagged", "1", "k"))
    outcome(seen, "untag no version", lambda: client.delete_model_version_tag("tagged", "7", "k"))
    outcome(seen, "tag no model", lambda: client.set_registered_model_tag("none", "k", "v"))
    outcome(seen, "tag no version", lambda: client.set_model_version_tag("tagged", "7", "k", "v"))
    outcome(seen, "tag of no model", lambda: client.set_model_version_tag("none", "1", "k", "v"))


def sources(client: Any, seen: Recorder, folder: str) -> None:
    """Versions from every kind of source, and the sources that are refused."""
    client.create_registered_model("sources")
    home = client.create_experiment("sources")
    run = seen.know(client.create_run(home, run_name="origin").info.run_id, "run-1")
    other = seen.know(client.create_run(home, run_name="other").info.run_id, "run-2")
    logged = client.create_logged_model(home, name="net", source_run_id=run)
    model = seen.know(logged.model_id, "model-1")
    loose = seen.know(client.create_logged_model(home, name="loose").model_id, "model-2")
    seen.know(str(Path("../model").resolve()), "beside")
    client.create_model_version("sources", "s3://b/1")
    client.create_model_version("sources", "s3://b/2", run)
    place = client.get_run(run).info.artifact_uri
    proxied = f"{client.tracking_uri}/api/2.0/mlflow-artifacts/artifacts"
    create = RestStore(client._tracking_client.store.get_host_creds).create_model_version
    for step, source, run_id, model_id in (
        ("bucket", "s3://b/1", None, None),
        ("bucket of a run", "s3://b/1", run, None),
        ("bucket of no run", "gs://b/m", "f" * 32, None),
        ("bucket of a model", "s3://b/1", None, model),
        ("bucket of no model", "s3://b/1", None, "m-" + "0" * 32),
        ("dots in a bucket", "s3://b/../../x", None, None),
        ("encoded dots", "s3://b/%2e%2e/x", None, None),
        ("twice encoded dots", "s3://b/%252e%252e/x", None, None),
        ("a NUL", "s3://b/%00/x", None, None),
        ("http", "http://example.org/model", None, None),
        ("https with dots", "https://example.org/../model", None, None),
        ("ftp", "ftp://example.org/model", None, None),
        ("dbfs", "dbfs:/model", None, None),
        ("dbfs with dots", "dbfs:/../model", None, None),
        ("a query", "https://example.org/m?x=../y", None, None),
        ("run", f"runs:/{run}/model", run, None),
        ("run of another run", f"runs:/{run}/model", other, None),
        ("run of nobody", f"runs:/{run}/model", None, None),
        ("run with dots", f"runs:/{run}/../model", run, None),
        ("no run", f"runs:/{'f' * 32}/model", "f" * 32, None),
        ("root of a run", f"runs:/{run}", run, None),
        ("logged model", f"models:/{model}", None, None),
        ("logged model with model_id", f"models:/{model}", None, model),
        ("logged model of another", f"models:/{model}", None, loose),
        ("logged model of its run", f"models:/{model}", run, model),
        ("logged model of another run", f"models:/{model}", other, model),
        ("logged model without a run", f"models:/{loose}", None, loose),
        ("no logged model", "models:/m-" + "0" * 32, None, None),
        ("version", "models:/sources/1", None, None),
        ("version with a run", "models:/sources/2", None, None),
        ("version of another run", "models:/sources/2", other, None),
        ("version of a run without it", "models:/sources/2", None, None),
        ("version of no run with one", "models:/sources/1", run, None),
        ("version of no model with one", "models:/sources/1", None, model),
        ("no version", "models:/sources/99", None, None),
        ("no model", "models:/none/1", None, None),
        ("no alias", "models:/sources@none", None, None),
        ("latest", "models:/sources/latest", None, None),
        ("a stage", "models:/sources/Production", None, None),
        ("nonsense", "models:/", None, None),
        ("more nonsense", "models:/a/b/c", None, None),
        ("proxied", f"{place}/model", run, None),
        ("proxied, of another run", f"{place}/model", other, None),
        ("proxied, of nobody", f"{place}/model", None, None),
        ("proxied with dots", f"{place}/../model", run, None),
        ("proxied, all of the run", place, run, None),
        ("proxied, of a model", f"{logged.artifact_location}", None, model),
        ("route", f"{proxied}/{place.split(':/')[1].lstrip('/')}/model", run, None),
        ("route of another", f"{proxied}/{place.split(':/')[1].lstrip('/')}/model", other, None),
        ("local", "/etc", None, None),
        ("local of a run", "/etc/passwd", run, None),
        ("local file", "file:///etc/passwd", run, None),
        ("local of no run", "/etc", "f" * 32, None),
        ("relative", "model", None, None),
        ("dots", "../model", run, None),
        ("nothing", "", None, None),
        ("a long one", "s3://b/" + "x" * 400, None, None),
    ):
        name = f"from {step}"
        client.create_registered_model(name)
        ask = functools.partial(create, name, source, run_id, model_id=model_id)
        if outcome(seen, f"source: {step}", ask) is not None:
            where = functools.partial(client.get_model_version_download_uri, name, "1")
            outcome(seen, f"where is: {step}", where)
    client.set_registered_model_alias("sources", "champion", "2")
    by_alias = functools.partial(create, "sources", "models:/sources@champion")
    outcome(seen, "source: alias", by_alias)
    at_latest = functools.partial(create, "sources", "models:/sources@latest")
    outcome(seen, "source: alias latest", at_latest)
    for model_id in (model, loose):
        tags = client.get_logged_model(model_id).tags
        noted = json.loads(tags.get("mlflow.modelVersions", "[]"))
        pairs = {(entry["name"], str(entry["version"])) for entry in noted}
        seen.note(f"versions noted on {seen.plain(model_id)}", sorted(pairs, key=str))
    local_sources(client, seen, folder)


def local_sources(client: Any, seen: Recorder, folder: str) -> None:
    """Local paths, in an experiment whose artifacts are local."""
    home = outcome(
        seen, "local experiment", lambda: client.create_experiment("local", f"file://{folder}")
    )
    if home is None:
        return
    run = seen.know(client.create_run(home).info.run_id, "run-local")
    for step, source in (
        ("inside", f"{folder}/{run}/artifacts/model"),
        ("inside, as a file URI", f"file://{folder}/{run}/artifacts/model"),
        ("beside", f"{folder}/{run}/artifactsx"),
        ("outside", f"{folder}/{run}/artifacts/../../x"),
        ("another", "/etc"),
    ):
        ask = functools.partial(client.create_model_version, "sources", source, run)
        outcome(seen, f"local source: {step}", ask)


def versions(client: Any, seen: Recorder) -> None:
    """Create, describe, delete, number."""
    client.create_registered_model("versions")
    create = client.create_model_version
    outcome(
        seen,
        "a full version",
        lambda: create("versions", "s3://b/1", None, {"k": "v"}, "http://run", "words"),
    )
    outcome(seen, "a bare version", lambda: create("versions", "s3://b/2"))
    outcome(seen, "a version of no model", lambda: create("none", "s3://b/2"))
    outcome(seen, "the model", lambda: client.get_registered_model("versions"))
    for version in ("1", "01", " 1", "1 ", "+1", "1_0", "0", "-1", "abc", "1.0", "", "9" * 25, 2):
        get = functools.partial(client.get_model_version, "versions", version)
        outcome(seen, f"get version {version!r}", get)
    outcome(seen, "get of a bad name", lambda: client.get_model_version("a/b", "1"))
    outcome(seen, "get of no model", lambda: client.get_model_version("none", "1"))
    update = client.update_model_version
    outcome(seen, "describe a version", lambda: update("versions", "1", "other words"))
    outcome(seen, "describe a version with nothing", lambda: update("versions", "1"))
    outcome(seen, "undescribe a version", lambda: update("versions", "1", ""))
    outcome(seen, "describe no version", lambda: update("versions", "9", "x"))
    outcome(seen, "describe version x", lambda: update("versions", "x", "x"))
    outcome(
        seen, "where is no version", lambda: client.get_model_version_download_uri("versions", "9")
    )
    delete = client.delete_model_version
    outcome(seen, "delete the highest", lambda: delete("versions", "2"))
    outcome(seen, "delete it again", lambda: delete("versions", "2"))
    outcome(seen, "describe the deleted", lambda: update("versions", "2", "x"))
    outcome(seen, "delete version x", lambda: delete("versions", "x"))
    outcome(seen, "the number after", lambda: create("versions", "s3://b/3").version)
    client.set_registered_model_alias("versions", "gone", "3")
    client.transition_model_version_stage("versions", "3", "Production")
    outcome(seen, "delete one in Production", lambda: delete("versions", "3"))
    outcome(seen, "what is left", lambda: client.get_registered_model("versions"))
    outcome(seen, "its alias", lambda: client.get_model_version_by_alias("versions", "gone"))
    client.rename_registered_model("versions", "versions 2")
    outcome(seen, "renamed with its versions", lambda: client.get_model_version("versions 2", "1"))
    client.delete_registered_model("versions 2")
    outcome(seen, "a version of the deleted", lambda: client.get_model_version("versions 2", "1"))
    client.create_registered_model("versions 2")
    outcome(seen, "numbers begin again", lambda: create("versions 2", "s3://b/1").version)


def stages(client: Any, seen: Recorder) -> None:
    """Moves, with and without archiving, and the latest versions."""
    client.create_registered_model("stages")
    for number in range(1, 6):
        client.create_model_version("stages", f"s3://b/{number}")
    move = client.transition_model_version_stage

    def state() -> list[tuple[str, str]]:
        found = client.search_model_versions("name = 'stages'", order_by=["version_number ASC"])
        return [(one.version, one.current_stage) for one in found]

    for version, stage, archive in (
        ("1", "Production", False),
        ("2", "production", False),
        ("3", "PRODUCTION", True),
        ("3", "Production", True),
        ("4", "Staging", False),
        ("4", "staging", False),
        ("5", "Staging", True),
        ("5", "None", False),
        ("5", "none", True),
        ("5", "Archived", True),
        ("5", "Archived", False),
        ("5", "bogus", False),
        ("5", "", False),
        ("9", "Production", False),
        ("x", "Production", False),
        ("9", "bogus", False),
    ):
        step = f"{version} to '{stage}'{' archiving' if archive else ''}"
        outcome(seen, f"move {step}", functools.partial(move, "stages", version, stage, archive))
        seen.note(f"stages after {step}", state())
    outcome(seen, "move of no model", lambda: move("none", "1", "Production"))
    latest = client.get_latest_versions
    for wanted in (None, [], ["Production"], ["production", "none"], ["bogus"], ["Staging", ""]):
        ask = functools.partial(latest, "stages", wanted)
        outcome(seen, f"latest in {wanted}", ask)
    outcome(seen, "latest of no model", lambda: latest("none"))
    outcome(seen, "stages of the model", lambda: client.get_registered_model("stages"))
    outcome(seen, "stages to choose", lambda: client.get_model_version_stages("stages", "1"))


def aliases(client: Any, seen: Recorder) -> None:
    """Set, move, look up, delete; names that are refused."""
    client.create_registered_model("aliases")
    for number in (1, 2):
        client.create_model_version("aliases", f"s3://b/{number}")
    point, by_alias = client.set_registered_model_alias, client.get_model_version_by_alias
    for alias, version in (
        ("champion", "1"),
        ("champion", "2"),
        ("other", "2"),
        ("12", "1"),
        ("ünï", "1"),
        ("latest", "1"),
        ("LaTest", "1"),
        ("v1", "1"),
        ("V12", "1"),
        ("v1x", "1"),
        ("a b", "1"),
        ("a.b", "1"),
        ("", "1"),
        ("a" * 255, "1"),
        ("a" * 256, "1"),
        ("far", "9"),
        ("bad", "x"),
    ):
        shown = f"{alias[:9]} ({len(alias)}) to {version}"
        outcome(seen, f"alias {shown}", functools.partial(point, "aliases", alias, version))
    outcome(seen, "alias of no model", lambda: point("none", "a", "1"))
    seen.note("aliases", dict(sorted(client.get_registered_model("aliases").aliases.items())))
    seen.note("aliases of a version", sorted(client.get_model_version("aliases", "2").aliases))
    for alias in ("champion", "CHAMPION", "latest", "LATEST", "none", "v1", ""):
        outcome(seen, f"by alias '{alias}'", functools.partial(by_alias, "aliases", alias))
    outcome(seen, "by alias of no model", lambda: by_alias("none", "champion"))
    client.create_registered_model("nothing")
    outcome(seen, "latest of nothing", lambda: by_alias("nothing", "latest"))
    delete = client.delete_registered_model_alias
    for alias in ("champion", "champion", "latest", "v1", "a b"):
        step = f"delete alias '{alias}'"
        step += " again" if step in seen.answers else ""
        outcome(seen, step, functools.partial(delete, "aliases", alias))
    outcome(seen, "delete an alias of no model", lambda: delete("none", "a"))


def times(client: Any, seen: Recorder) -> None:
    """Which changes move the times of update."""
    client.create_registered_model("times")
    for number in (1, 2, 3):
        client.create_model_version("times", f"s3://b/{number}")
    moves: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("a new version", lambda: client.create_model_version("times", "s3://b/4")),
        ("describing", lambda: client.update_registered_model("times", "x")),
        ("describing the same", lambda: client.update_registered_model("times", "x")),
        ("describing a version", lambda: client.update_model_version("times", "1", "x")),
        ("describing it the same", lambda: client.update_model_version("times", "1", "x")),
        ("a tag", lambda: client.set_registered_model_tag("times", "a", "b")),
        ("the same tag", lambda: client.set_registered_model_tag("times", "a", "b")),
        ("no tag", lambda: client.delete_registered_model_tag("times", "a")),
        ("a version's tag", lambda: client.set_model_version_tag("times", "1", "a", "b")),
        ("no version's tag", lambda: client.delete_model_version_tag("times", "1", "a")),
        ("an alias", lambda: client.set_registered_model_alias("times", "a", "1")),
        ("the same alias", lambda: client.set_registered_model_alias("times", "a", "1")),
        ("a moved alias", lambda: client.set_registered_model_alias("times", "a", "2")),
        ("no alias", lambda: client.delete_registered_model_alias("times", "a")),
        ("no alias again", lambda: client.delete_registered_model_alias("times", "a")),
        ("a move", lambda: client.transition_model_version_stage("times", "1", "Production")),
        ("no move", lambda: client.transition_model_version_stage("times", "1", "Production")),
        (
            "archiving",
            lambda: client.transition_model_version_stage("times", "2", "Production", True),
        ),
        ("deleting a version", lambda: client.delete_model_version("times", "3")),
        ("renaming to itself", lambda: client.rename_registered_model("times", "times")),
    )
    for step, call in moves:
        moved(seen, client, step, "times", call)


def fluent(client: Any, seen: Recorder) -> None:
    """register_model, log_model with a name, load, download and copy, through the proxy."""
    x = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
    mlflow.set_experiment("fluent")
    with mlflow.start_run() as run:
        seen.know(run.info.run_id, "fluent run")
        info = mlflow.sklearn.log_model(
            LinearRegression().fit(x, [1.0, 2.0, 3.0]),
            name="linear",
            registered_model_name="fluent",
            input_example=x[:2],
        )
        seen.know(info.model_id, "fluent model")
    seen.note("registered while logging", info.registered_model_version)
    outcome(seen, "the logged version", lambda: client.get_model_version("fluent", "1"))
    for step, uri in (
        ("a logged model", info.model_uri),
        ("a run", f"runs:/{run.info.run_id}/linear"),
        ("a version", "models:/fluent/1"),
    ):
        register = functools.partial(mlflow.register_model, uri, "fluent", tags={"from": step})
        outcome(seen, f"register {step}", register)
    register = functools.partial(mlflow.register_model, "s3://b/x", "fluent 2")
    outcome(seen, "register a bucket as a new model", register)
    absent = functools.partial(mlflow.register_model, f"runs:/{run.info.run_id}/none", "fluent")
    outcome(seen, "register what is not there", absent)
    client.set_registered_model_alias("fluent", "champion", "1")
    client.transition_model_version_stage("fluent", "1", "Production")
    for uri in (
        *("models:/fluent/1", "models:/fluent/2", "models:/fluent/3", "models:/fluent/4"),
        *("models:/fluent@champion", "models:/fluent/Production", "models:/fluent/latest"),
        *("models:/fluent/Staging", "models:/fluent/99", "models:/fluent@none", "models:/none/1"),
    ):
        load = functools.partial(mlflow.pyfunc.load_model, uri)
        outcome(seen, f"predict with {uri}", predicted(load, x))
    with tempfile.TemporaryDirectory() as folder:
        local = Path(mlflow.artifacts.download_artifacts("models:/fluent/1", dst_path=folder))
        seen.note("files of a version", sorted(file.name for file in local.iterdir()))
    copy = client.copy_model_version
    outcome(seen, "copy", lambda: copy("models:/fluent/1", "fluent copy"))
    outcome(seen, "copy by alias", lambda: copy("models:/fluent@champion", "fluent copy"))
    outcome(seen, "copy a copy", lambda: copy("models:/fluent copy/1", "fluent copy"))
    outcome(seen, "copy no version", lambda: copy("models:/fluent/99", "fluent copy"))
    outcome(seen, "copy no model URI", lambda: copy("s3://b/x", "fluent copy"))
    load = functools.partial(mlflow.pyfunc.load_model, "models:/fluent copy/3")
    outcome(seen, "predict with a copy", predicted(load, x))


def predicted(load: Callable[[], Any], x: pd.DataFrame) -> Callable[[], Any]:
    """A call that loads a model and predicts."""
    return lambda: load().predict(x)


def main(uri: str, answers: str) -> None:
    """Do all of it, and write the answers down."""
    warnings.simplefilter("ignore")
    mlflow.set_tracking_uri(uri)
    client, seen = mlflow.MlflowClient(), Recorder()
    models(client, seen)
    model_tags(client, seen)
    with tempfile.TemporaryDirectory() as folder:
        seen.know(folder, "folder")
        sources(client, seen, folder)
    versions(client, seen)
    stages(client, seen)
    aliases(client, seen)
    times(client, seen)
    fluent(client, seen)
    registry_wire.ask(uri, client, seen)
    text = json.dumps(seen.answers, indent=1, ensure_ascii=False)
    Path(answers).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
