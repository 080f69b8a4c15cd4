"""Models logged to a store and found again by every kind of URI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import millstream
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.integrations import models, pyfunc, sklearn

X = np.array([[1.0], [2.0], [3.0]])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    millstream.set_tracking_uri(tmp_path / "runs")
    yield tmp_path / "runs"
    while millstream.active_run():
        millstream.end_run()
    millstream.set_tracking_uri("")


@pytest.fixture
def model() -> LinearRegression:
    return LinearRegression().fit(X, X[:, 0])


def test_a_model_is_an_output_of_the_active_run(model: LinearRegression) -> None:
    with millstream.start_run() as run:
        millstream.log_param("alpha", 1)
        millstream.log_metric("score", 0.5)
        info = sklearn.log_model(
            model, "linear", tags={"own": "tag"}, params={"beta": 2}, model_type="regressor"
        )
    logged = millstream.get_logged_model(info.model_id or "")
    assert (logged.name, logged.status, logged.model_type) == ("linear", "READY", "regressor")
    assert logged.source_run_id == run.info.run_id
    assert logged.params == {"alpha": "1", "beta": "2"}
    assert logged.tags["own"] == "tag"
    assert "mlflow.source.name" in logged.tags
    assert [(metric.key, metric.value) for metric in logged.metrics] == [("score", 0.5)]
    outputs = millstream.get_run(run.info.run_id).outputs.model_outputs
    assert [(output.model_id, output.step) for output in outputs] == [(info.model_id, 0)]
    assert (info.name, info.run_id) == ("linear", run.info.run_id)
    assert info.model_uri == f"models:/{info.model_id}"
    assert info.artifact_path == logged.artifact_location
    assert millstream.last_logged_model() == logged


def test_it_loads_by_every_uri(model: LinearRegression, tmp_path: Path) -> None:
    with millstream.start_run() as run:
        info = sklearn.log_model(model, name="linear", input_example=X[:1])
    for uri in (
        info.model_uri,
        f"runs:/{run.info.run_id}/linear",
        f"runs://profile/{run.info.run_id}/linear",
        str(info.artifact_path),
        Path(str(info.artifact_path)).as_uri(),
    ):
        assert sklearn.load_model(uri).predict(X) == pytest.approx([1.0, 2.0, 3.0])
        assert pyfunc.load_model(uri).predict(X) == pytest.approx([1.0, 2.0, 3.0])
    copy = tmp_path / "copy"
    sklearn.load_model(info.model_uri, dst_path=str(copy))
    assert len(list(copy.rglob("MLmodel"))) == 1


def test_the_newest_model_of_a_name_is_meant(model: LinearRegression) -> None:
    with millstream.start_run() as run:
        sklearn.log_model(LinearRegression().fit(X, -X[:, 0]), name="linear")
        sklearn.log_model(model, name="linear")
    loaded = sklearn.load_model(f"runs:/{run.info.run_id}/linear")
    assert loaded.predict(X[:1]) == pytest.approx([1.0])


def test_a_run_that_has_both_a_folder_and_a_model_of_the_name(model: LinearRegression) -> None:
    with millstream.start_run() as run:
        millstream.log_text("words", "linear/notes.txt")
        sklearn.log_model(model, name="linear")
    assert sklearn.load_model(f"runs:/{run.info.run_id}/linear").coef_.shape == (1,)


def test_a_model_in_the_artifacts_of_a_run(model: LinearRegression, tmp_path: Path) -> None:
    sklearn.save_model(model, tmp_path / "saved")
    with millstream.start_run() as run:
        millstream.log_artifacts(str(tmp_path / "saved"), "old/style")
    loaded = sklearn.load_model(f"runs:/{run.info.run_id}/old/style")
    assert loaded.coef_.shape == (1,)


def test_without_a_run_none_is_started(model: LinearRegression) -> None:
    info = sklearn.log_model(model, name="alone")
    assert millstream.active_run() is None
    assert info.run_id is None
    assert millstream.get_logged_model(str(info.model_id)).experiment_id == "0"
    assert millstream.search_runs(["0"], output_format="list") == []


def test_a_model_that_cannot_be_saved_is_declared_failed() -> None:
    with pytest.raises(InvalidParameter, match="Unrecognized serialization format"):
        sklearn.log_model(LinearRegression(), name="bad", serialization_format="joblib")
    failed = millstream.last_logged_model()
    assert failed is not None
    assert failed.status == "FAILED"


def test_a_model_that_was_created_before_is_filled(model: LinearRegression) -> None:
    created = millstream.initialize_logged_model(name="early")
    info = sklearn.log_model(model, model_id=created.model_id)
    assert info.model_id == created.model_id
    assert millstream.get_logged_model(created.model_id).status == "READY"


def test_every_file_of_a_custom_flavor_gets_a_digest(model: LinearRegression) -> None:
    class Flavor:
        @staticmethod
        def save_model(path: str, mlflow_model: models.Model, word: str) -> None:
            Path(path).mkdir()
            Path(path, "word.txt").write_text(word)
            mlflow_model.add_flavor("words", data="word.txt")
            mlflow_model.save(Path(path, models.MLMODEL_FILE_NAME))

    info = models.Model.log("custom", Flavor, word="hello")
    loaded = models.Model.load(info.model_uri)
    assert loaded.flavor("words") == {"data": "word.txt"}
    assert set(loaded.file_digests or {}) == {"word.txt"}


def test_a_model_is_registered_as_it_is_logged(model: LinearRegression) -> None:
    for number in (1, 2):
        info = sklearn.log_model(model, name="a", registered_model_name="b")
        assert info.registered_model_version == number
    version = millstream.MillstreamClient().get_model_version("b", "2")
    assert (version.model_id, version.run_id) == (info.model_id, info.run_id or "")
    for uri in ("models:/b/1", "models:/b/latest", "models:/b/None"):
        assert sklearn.load_model(uri).coef_ == pytest.approx(model.coef_)
        assert millstream.pyfunc.load_model(uri).metadata.model_id is not None
    with pytest.raises(InvalidParameter, match="cannot contain '/' or ':'"):
        sklearn.log_model(model, name="a", registered_model_name="b/c")
    assert len(millstream.search_logged_models(output_format="list")) == 2
    assert sklearn.log_model(model, name="a").registered_model_version is None


@pytest.mark.parametrize(
    ("uri", "error", "says"),
    [
        ("runs:/{run}", InvalidParameter, "must be of the form"),
        ("runs:/{run}/none", NotFound, "No such artifact"),
        ("runs:/unknown/x", MillstreamError, "unknown"),
        ("models:/m-unknown", NotFound, "m-unknown"),
        ("models:/Name/1", NotFound, "name=Name, version=1"),
        ("models:/Name@champion", NotFound, "name=Name"),
        ("models:/a//c", InvalidParameter, "Not a proper models:/ URI"),
        ("models:/", InvalidParameter, "Not a proper models:/ URI"),
        ("nowhere://x/y", InvalidParameter, "nowhere"),
    ],
)
def test_uris_that_lead_nowhere(uri: str, error: type[Exception], says: str) -> None:
    with millstream.start_run() as run:
        pass
    with pytest.raises(error, match=says):
        pyfunc.load_model(uri.format(run=run.info.run_id))


def test_artifacts_of_a_python_model_may_be_uris(tmp_path: Path) -> None:
    class Reads(pyfunc.PythonModel):
        def predict(self, context: pyfunc.PythonModelContext, model_input: Any) -> Any:  # type: ignore[override]  # params may be left out
            return Path(context.artifacts["word"]).read_text() * len(model_input)

    with millstream.start_run() as run:
        millstream.log_text("ab", "word.txt")
        artifacts = {"word": f"runs:/{run.info.run_id}/word.txt"}
        info = pyfunc.log_model("reads", python_model=Reads(), artifacts=artifacts)
    assert pyfunc.load_model(info.model_uri).predict([1, 2]) == "abab"
