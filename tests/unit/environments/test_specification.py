"""Environments that hold the same are the same environment, and others are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.environments.specification import EnvironmentSpec, EnvManager, digest, minor
from millstream.errors import InvalidParameter

SPEC = EnvironmentSpec(requirements=("a==1", "b"), constraints=("c<2",), python="3.11.7")


def key(spec: EnvironmentSpec, manager: EnvManager = EnvManager.UV) -> str:
    return digest(spec.resolved(), manager, "3.11.7", "own")


@given(st.permutations(["a==1", "b", "mlflow==2.0", "c>1"]))
def test_neither_order_nor_this_package_matters(lines: list[str]) -> None:
    assert key(EnvironmentSpec(requirements=tuple(lines))) == key(
        EnvironmentSpec(requirements=("a==1", "b", "c>1"))
    )


def test_all_else_matters(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    keys = {
        key(SPEC),
        key(EnvironmentSpec(requirements=("a==1", "b"))),
        key(EnvironmentSpec(requirements=("a==2", "b"), constraints=("c<2",))),
        key(SPEC, EnvManager.VIRTUALENV),
        digest(SPEC, EnvManager.UV, "3.12.1", "own"),
        digest(SPEC, EnvManager.UV, "3.11.7", "other"),
    }
    for content in ("1", "2"):
        wheel.write_text(content)
        for line in ("./x.whl", "x @ file:x.whl"):
            keys.add(key(EnvironmentSpec(requirements=(line,), folder=str(tmp_path))))
        keys.add(key(EnvironmentSpec(constraints=("x @ file:x.whl",), folder=str(tmp_path))))
    assert len(keys) == 12


def test_constraints_lead_no_more_out_than_requirements(tmp_path: Path) -> None:
    spec = EnvironmentSpec(constraints=("own @ file:..",), folder=str(tmp_path))
    with pytest.raises(InvalidParameter, match="must be a file in"):
        spec.resolved()


class TestJoined:
    def test_asks_for_what_both_ask(self) -> None:
        both = SPEC.joined(EnvironmentSpec(requirements=("b", "d"), python="3.11.2"))
        assert both.requirements == ("a==1", "b", "d")
        assert both.constraints == ("c<2",)
        assert both.python == "3.11.7"

    def test_keeps_paths_of_both(self, tmp_path: Path) -> None:
        specs = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "x.whl").touch()
            specs.append(EnvironmentSpec(requirements=("./x.whl",), folder=str(tmp_path / name)))
        assert specs[0].joined(specs[1]).resolved().requirements == (
            str(tmp_path / "first" / "x.whl"),
            str(tmp_path / "second" / "x.whl"),
        )

    def test_refuses_two_pythons(self) -> None:
        with pytest.raises(InvalidParameter, match=r"Python 3.11.7 and Python 3.12"):
            SPEC.joined(EnvironmentSpec(python="3.12"))


def test_what_only_conda_has() -> None:
    dependencies = ["python=3.8", "pip<=23", "conda-forge::cudatoolkit=11", {"pip": ["a"]}]
    assert EnvironmentSpec(conda={"dependencies": dependencies}).conda_packages() == [
        "conda-forge::cudatoolkit=11"
    ]


@pytest.mark.parametrize(
    ("version", "expected"), [("3.11.7", "3.11"), ("3.11", "3.11"), (">=3.9", ">=3.9")]
)
def test_minor_versions(version: str, expected: str) -> None:
    assert minor(version) == expected
