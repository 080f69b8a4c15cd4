"""Models changed where they are: on disk, in a run, as a logged model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.linear_model import LinearRegression

import millstream
from millstream.errors import InvalidParameter, MillstreamError, NotFound, NotSupported
from millstream.integrations import models, pyfunc, sklearn
from millstream.model_format.manifest import Manifest

X = np.array([[1.0], [2.0], [3.0]])
SIGNATURE = models.infer_signature(X, X[:, 0], {"k": 1})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    millstream.set_tracking_uri(tmp_path / "runs")
    yield tmp_path / "runs"
    while millstream.active_run():
        millstream.end_run()
    millstream.set_tracking_uri("")


@pytest.fixture(params=["path", "logged model", "run"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A model without signature, at each kind of place that can be changed."""
    model = LinearRegression().fit(X, X[:, 0])
    if request.param == "path":
        sklearn.save_model(model, tmp_path / "model")
        return str(tmp_path / "model")
    with millstream.start_run() as run:
        info = sklearn.log_model(model, name="linear")
    return info.model_uri if request.param == "logged model" else f"runs:/{run.info.run_id}/linear"


def requirements(uri: str) -> list[str]:
    return Path(pyfunc.get_model_dependencies(uri)).read_text().splitlines()


def conda(uri: str) -> list[str]:
    content = yaml.safe_load(Path(pyfunc.get_model_dependencies(uri, "conda")).read_text())
    found: list[str] = content["dependencies"][-1]["pip"]
    return found


def test_the_signature_is_replaced(uri: str) -> None:
    assert models.get_model_info(uri).signature is None
    models.set_signature(uri, SIGNATURE)
    assert models.get_model_info(uri).signature == SIGNATURE
    with pytest.raises(InvalidParameter, match="Shape of input"):
        pyfunc.load_model(uri).predict(np.zeros((1, 2)))


def test_requirements_are_added_replaced_and_removed(uri: str) -> None:
    before = requirements(uri)
    models.update_model_requirements(uri, "add", ["extra==1", "NumPy>=1"])
    assert requirements(uri)[-2:] == conda(uri)[-2:] == ["extra==1", "NumPy>=1"]
    assert sum(line.lower().startswith("numpy") for line in requirements(uri)) == 1
    models.update_model_requirements(uri, "remove", ["extra", "numpy"])
    kept = [line for line in before if not line.startswith("numpy")]
    assert requirements(uri) == conda(uri) == kept
    assert pyfunc.load_model(uri).predict(X).shape == (3,)  # the digests are those of the new files


def test_what_cannot_be_changed_says_why(tmp_path: Path, uri: str) -> None:
    with pytest.raises(InvalidParameter, match="'add', 'remove'"):
        models.update_model_requirements(uri, "replace", ["a"])
    wrong: Any
    for wrong in ("numpy", []):
        with pytest.raises(InvalidParameter, match="must be a list of requirements"):
            models.update_model_requirements(uri, "add", wrong)
    before = requirements(uri)
    for operation in ("add", "remove"):
        for wrong in ("two words", "!!", "numpy>>1"):
            with pytest.raises(InvalidParameter, match=f"'{wrong}' is not a requirement such as"):
                models.update_model_requirements(uri, operation, ["extra", wrong])
    assert requirements(uri) == before
    with pytest.raises(InvalidParameter, match="must be a ModelSignature"):
        models.set_signature(uri, "a")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(NotSupported, match="wheels"):
        models.add_libraries_to_model(uri)
    with pytest.raises(NotFound, match="MLmodel"):
        models.set_signature(str(tmp_path / "absent"), SIGNATURE)


def test_a_model_without_environment_says_so(tmp_path: Path) -> None:
    Manifest().save(tmp_path / "MLmodel")
    with pytest.raises(NotFound, match=r"neither requirements\.txt nor conda\.yaml"):
        models.update_model_requirements(str(tmp_path), "add", ["a"])
    (tmp_path / "conda.yaml").write_text("dependencies: [python=3.11]\n")
    models.update_model_requirements(str(tmp_path), "add", ["a"])
    assert conda(str(tmp_path)) == ["a"]


def test_logged_models_say_what_they_declare(tmp_path: Path) -> None:
    class Access:
        def to_dict(self) -> dict[str, list[str]]:
            return {"system": ["a"]}

    (tmp_path / "resources.yaml").write_text("api_version: '1'\n")
    info = pyfunc.log_model(
        name="declared",
        python_model=len,
        input_example=["a"],
        metadata={"team": "b"},
        resources=str(tmp_path / "resources.yaml"),
        auth_policy=[Access(), {"user": ["c"]}],
        prompts=["prompt"],
    )
    model = models.Model.load(info.model_uri)
    assert (model.metadata, model.prompts) == ({"team": "b"}, ["prompt"])
    assert model.resources == {"api_version": "1"}
    assert model.auth_policy == {"system": ["a"], "user": ["c"]}
    assert model.get_model_info().model_uri == info.model_uri
    (tmp_path / "resources.yaml").write_text("[1]")
    with pytest.raises(MillstreamError, match="must be a mapping"):
        models.declared(str(tmp_path / "resources.yaml"), "resources")


def test_a_request_is_checked_before_it_is_served(tmp_path: Path) -> None:
    sklearn.save_model(LinearRegression().fit(X, X[:, 0]), tmp_path / "model", input_example=X[:2])
    path = str(tmp_path / "model")
    body = models.Model.load(path).get_serving_input(path)
    assert body == models.convert_input_example_to_serving_input(X[:2])
    answer = models.validate_serving_input(path, body or "")
    assert answer.tolist() == pytest.approx([1.0, 2.0])
    assert models.validate_serving_input(path, {"instances": [[3]]}).tolist() == pytest.approx([3])
    with pytest.raises(InvalidParameter, match="Shape of input"):
        models.validate_serving_input(path, {"inputs": [[1, 2]]})
