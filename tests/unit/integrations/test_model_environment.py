"""What a model directory asks for is read from whatever files its version of MLflow wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from millstream.environments.folder import environments_folder
from millstream.environments.preparation import Prepared
from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter, MillstreamError
from millstream.integrations import model_environment, pyfunc
from millstream.integrations.model_environment import prepare, specification
from millstream.model_format.directory import seal

CONDA = {
    "channels": ["conda-forge"],
    "dependencies": ["python=3.8.2", "pip", {"pip": ["mlflow==1.30.0", "numpy==1.20"]}],
}


def directory(path: Path, files: dict[str, str], **flavor: Any) -> Path:
    path.mkdir()
    content = {"flavors": {"python_function": {"loader_module": "x", **flavor}}}
    for name, text in {"MLmodel": yaml.safe_dump(content), **files}.items():
        (path / name).write_text(text)
    return path


def test_the_files_of_today(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "mlflow==3.17.2\nscikit-learn==1.9.1",
        "constraints.txt": "numpy<3",
        "conda.yaml": yaml.safe_dump(CONDA),
        "python_env.yaml": "python: 3.11.7\ndependencies: [-r requirements.txt]",
    }
    env = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
    found = specification(directory(tmp_path / "model", files, env=env, python_version="3.9.0"))
    assert found.requirements == ("mlflow==3.17.2", "scikit-learn==1.9.1")
    assert found.constraints == ("numpy<3",)
    assert found.python == "3.11.7"
    assert found.conda == CONDA


def test_models_of_mlflow_1_only_have_the_file_of_conda(tmp_path: Path) -> None:
    files = {"environment.yaml": yaml.safe_dump(CONDA)}
    found = specification(directory(tmp_path / "model", files, env="environment.yaml"))
    assert found.requirements == ("mlflow==1.30.0", "numpy==1.20")
    assert found.python == "3.8.2"


@pytest.mark.parametrize(
    ("line", "expected"), [("python=3.8.*", "3.8"), ("python>=3.9", ">=3.9"), ("python", None)]
)
def test_what_conda_says_of_python(tmp_path: Path, line: str, expected: str | None) -> None:
    files = {"conda.yaml": yaml.safe_dump({"dependencies": [line, "python-dateutil=2"]})}
    assert specification(directory(tmp_path / "model", files)).python == expected


def test_code_that_came_with_the_model_is_no_stranger(tmp_path: Path) -> None:
    (tmp_path / "rates.py").write_text("RATE = 2")
    pyfunc.save_model(
        tmp_path / "model",
        python_model=lambda model_input: model_input,
        code_paths=[str(tmp_path / "rates.py")],
        pip_requirements=["numpy"],
    )
    assert "numpy" in specification(tmp_path / "model").requirements
    (tmp_path / "model" / "code" / "added.py").write_text("")
    with pytest.raises(MillstreamError, match=r"code/added\.py"):
        specification(tmp_path / "model")


def test_a_model_without_any_asks_for_nothing(tmp_path: Path) -> None:
    found = specification(directory(tmp_path / "model", {}))
    assert (found.requirements, found.python, found.conda) == ((), None, None)


def test_a_changed_file_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    model = directory(tmp_path / "model", {"requirements.txt": "numpy", "weights": "1"})
    seal(model)
    (model / "weights").write_text("2")  # loading finds that; it says nothing about packages
    specification(model)
    (model / "requirements.txt").write_text("numpy\nevil")
    with pytest.raises(MillstreamError, match=r"requirements\.txt.*SHA-256"):
        specification(model)


def test_files_elsewhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "conda.yaml").write_text(yaml.safe_dump(CONDA))
    with pytest.raises(InvalidParameter, match="not inside"):
        specification(directory(tmp_path / "model", {}, env="../conda.yaml"))


def test_what_is_no_yaml_is_refused(tmp_path: Path) -> None:
    for number, text in enumerate(("[", "a list")):
        with pytest.raises(InvalidParameter, match=r"conda\.yaml"):
            specification(directory(tmp_path / f"model-{number}", {"conda.yaml": text}))


class TestPrepare:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        def noted(spec: Any, manager: EnvManager, **options: Any) -> Prepared:
            calls.append({"spec": spec, **options})
            return Prepared(Path("/x/bin/python"), manager, True, "")

        monkeypatch.setattr(model_environment, "prepare_environment", noted)
        return calls

    def test_several_models_share_one(self, tmp_path: Path, asked: list[dict[str, Any]]) -> None:
        models = [
            directory(tmp_path / name, {"requirements.txt": f"{name}==1\nnumpy"})
            for name in ("first", "second")
        ]
        prepare(models, EnvManager.AUTO, override=["first==2"], also=["numpy", "pyarrow"])
        assert asked[0]["spec"].requirements == ("first==1", "numpy", "second==1")
        assert asked[0]["extra"] == ["first==2", "pyarrow"]

    def test_settings_count(
        self, tmp_path: Path, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = directory(tmp_path / "model", {})
        prepare([model], EnvManager.AUTO)
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        monkeypatch.setenv("MLFLOW_DISABLE_ENV_CREATION", "True")
        monkeypatch.setenv("MLFLOW_ENV_ROOT", str(tmp_path / "kept"))
        prepare([model], EnvManager.AUTO)
        seen = [(call["allow_code"], call["creation"]) for call in asked]
        assert seen == [(True, True), (False, False)]
        assert asked[1]["root"] == tmp_path / "kept"

    def test_environments_are_kept_in_the_cache(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("MILLSTREAM_ENV_ROOT", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert environments_folder() == tmp_path / "millstream" / "envs"
