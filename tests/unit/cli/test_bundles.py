"""The commands that carry versions: export, import, and promote to another store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from millstream.client.tracking import MillstreamClient

MLMODEL = "flavors:\n  python_function:\n    loader_module: nowhere\n"


@pytest.fixture
def version(millstream: Any) -> str:
    """The run of version 1 of `prices`, in Production."""
    client = MillstreamClient(str(millstream.folder))
    run_id = client.create_run("0").info.run_id
    client.log_param(run_id, "depth", 3)
    client.log_text(run_id, MLMODEL, "model/MLmodel")
    client.log_text(run_id, "the plot", "plot.txt")
    millstream.text("models", "register", "-r", run_id, "-n", "prices")
    millstream.text("models", "promote", "-n", "prices", "-v", "1", "--stage", "Production")
    return run_id


@pytest.fixture
def other(tmp_path: Path) -> str:
    return str(tmp_path / "other")


def test_export_and_import(millstream: Any, version: str, other: str, tmp_path: Path) -> None:
    file = str(tmp_path / "prices.zip")
    told = millstream.text("export", "models:/prices/Production", "-o", file)
    size = Path(file).stat().st_size
    assert told == f"Wrote version 1 of prices to {file}: 2 files, {size:,} bytes.\n"
    told = millstream.text("import", file, "--tracking-uri", other)
    assert told == (
        "Registered version 1 of prices, in None. Where it comes from it is in Production.\n"
    )
    again = millstream.data("import", file, "--tracking-uri", other)
    assert (again["created"], again["version"], again["run_id"]) == (False, "1", version)
    told = millstream.text("import", file, "--tracking-uri", other)
    assert told.startswith("Nothing to do: it is there already, version 1 of prices, in None.")
    run = millstream.text("runs", "describe", "-r", version, "--tracking-uri", other)
    assert '"depth": "3"' in run


def test_import_under_another_name_and_experiment(
    millstream: Any, version: str, other: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "prices.zip")
    millstream.text("export", "models:/prices/1", "-o", file, "--run-artifacts")
    names = ("--name", "houses", "--experiment-name", "from the lab", "--comment", "why")
    made = millstream.data("import", file, *names, "--tracking-uri", other)
    assert made["name"] == "houses"
    client = MillstreamClient(other)
    experiment = client.get_experiment_by_name("from the lab")
    assert experiment is not None
    assert client.get_run(version).info.experiment_id == experiment.experiment_id
    assert [one.path for one in client.list_artifacts(version)] == ["model", "plot.txt"]
    events = millstream.data("models", "history", "-n", "houses", "--tracking-uri", other)
    assert {one["comment"].partition(" (copied from")[0] for one in events} == {"why"}


def test_export_does_not_overwrite_what_it_is_not_told_to(
    millstream: Any, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = millstream.data("export", "models:/prices/1")
    assert told["path"] == "prices-1.zip"
    assert millstream.refusal("export", "models:/prices/1") == (
        "'prices-1.zip' exists; --overwrite replaces it."
    )
    assert millstream.data("export", "models:/prices/1", "--overwrite") == told


@pytest.mark.parametrize("uri", ["models:/prices", "prices", "models:/a/b/c", "runs:/x/y/z"])
def test_export_of_what_is_no_version(millstream: Any, uri: str) -> None:
    assert "names no version of a registered model" in millstream.refusal("export", uri)


def test_import_says_what_it_cannot_read_yet(millstream: Any, tmp_path: Path) -> None:
    for source in (str(tmp_path), "sqlite:///mlflow.db", "http://127.0.0.1:1"):
        refused = millstream.refusal("import", source)
        assert refused.startswith(f"'{source}' is a store and no file.")
        assert "cannot be imported yet" in refused
    assert millstream.refusal("import", "nothing.zip") == "There is no file 'nothing.zip'."
    (tmp_path / "text").write_text("hello")
    assert "it is no zip file" in millstream.refusal("import", str(tmp_path / "text"))


def test_a_damaged_file_changes_nothing(
    millstream: Any, version: str, other: str, tmp_path: Path
) -> None:
    file = tmp_path / "prices.zip"
    millstream.text("export", "models:/prices/1", "-o", str(file))
    content = file.read_bytes()
    file.write_bytes(content.replace(b"loader_module", b"loader_modulo", 1))
    refused = millstream.refusal("import", str(file), "--tracking-uri", other)
    assert f"'{file}' is damaged: 'model/MLmodel'" in refused
    assert not Path(other).exists()


def test_promote_to_another_store(millstream: Any, version: str, other: str) -> None:
    promote = ("models", "promote", "-n", "prices", "-v", "1")
    assert millstream.text(*promote, "--to", other) == (
        "Registered version 1 of prices, in None. Where it comes from it is in Production.\n"
    )
    assert millstream.text(*promote, "--to", other, "--stage", "Staging") == (
        f"Version 1 of prices at {other} is in Staging; it was in None.\n"
    )
    again = millstream.data(*promote, "--to", other, "--stage", "Staging")
    assert (again["created"], again["current_stage"]) == (False, "Staging")
    named = millstream.data(*promote, "--to", other, "--to-name", "houses", "--stage", "Production")
    assert (named["name"], named["version"], named["before"]) == ("houses", "1", "None")
    here = millstream.data("models", "describe", "-n", "prices", "-v", "1")
    assert here["current_stage"] == "Production"


def test_promote_needs_to_know_where_to(millstream: Any, version: str) -> None:
    promote = ("models", "promote", "-n", "prices", "-v", "1")
    for arguments, words in (
        ([], "Say where to"),
        (["--to-name", "x", "--stage", "Staging"], "go with --to"),
        (["--to", str(millstream.folder)], "leave --to out"),
    ):
        refused = millstream(*promote, *arguments)
        assert refused.exit_code == 2
        assert words in refused.stderr
