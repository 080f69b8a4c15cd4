"""The right interpreter is found or made, and one that is half made is never used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from tests.unit.environments.conftest import Programs

from millstream.environments import programs as running
from millstream.environments.preparation import Prepared, prepare
from millstream.environments.specification import EnvironmentSpec, EnvManager
from millstream.errors import InvalidParameter, MillstreamError, NotFound

HERE = Path(sys.executable)
MISSING = EnvironmentSpec(requirements=("no-such-package==1", "mlflow==2.0"))
PRESENT = EnvironmentSpec(
    requirements=(f"numpy=={metadata.version('numpy')}", "mlflow==2.0"),
    python=f"{sys.version_info.major}.{sys.version_info.minor}.0",
)


class Preparing:
    """Prepares with the stand-in for uv, and keeps what is said."""

    def __init__(self, programs: Programs, root: Path) -> None:
        self.programs = programs
        self.root = root
        self.said: list[str] = []
        self.shown: list[str] = []

    def __call__(self, spec: EnvironmentSpec, manager: str = "auto", **options: Any) -> Prepared:
        options.setdefault("variables", self.programs.variables)
        return prepare(
            spec,
            EnvManager(manager),
            root=self.root,
            tell=self.said.append,
            show=self.shown.append,
            **options,
        )


@pytest.fixture
def preparing(programs: Programs, tmp_path: Path) -> Preparing:
    return Preparing(programs, tmp_path / "environments")


class TestAuto:
    def test_takes_the_present_environment_if_it_does(self, preparing: Preparing) -> None:
        prepared = preparing(PRESENT)
        assert (prepared.python, prepared.is_present, prepared.built) == (HERE, True, False)
        assert preparing.said == ["Using the present environment, which meets the requirements."]
        assert preparing.programs.calls("venv") == []

    def test_else_has_one_made_and_says_why_in_one_line(self, preparing: Preparing) -> None:
        prepared = preparing(MISSING)
        assert (prepared.manager, prepared.built, prepared.is_present) == ("uv", True, False)
        assert prepared.python.is_relative_to(preparing.root)
        first, last = preparing.said
        assert first.startswith("Making an environment with uv and Python 3.")
        assert first.endswith("because no-such-package is not here.")
        assert last.startswith("Made the environment ")

    def test_another_python_is_a_reason(self, preparing: Preparing) -> None:
        with pytest.raises(NotFound, match=r"Python 2.7 is asked for.*--env-manager local"):
            preparing(EnvironmentSpec(python="2.7"))

    def test_many_reasons_are_cut(self, preparing: Preparing) -> None:
        preparing(EnvironmentSpec(requirements=tuple(f"no-such-{n}" for n in range(9))))
        assert "no-such-2 is not here; and 6 more." in preparing.said[0]

    def test_a_version_given_instead_counts(self, preparing: Preparing) -> None:
        assert preparing(MISSING, extra=["no_such.package"]).built
        installed = preparing.programs.folder.parent
        (file,) = installed.glob("environments/*/requirements.txt")
        lines = file.read_text().splitlines()
        assert lines[0] == "no_such.package"
        assert not [line for line in lines if line.startswith("mlflow")]

    def test_packages_of_conda_are_a_reason(self, preparing: Preparing) -> None:
        conda = {"dependencies": ["python=3.11", "no-such-thing=1", {"pip": []}]}
        assert preparing(EnvironmentSpec(conda=conda)).manager == "uv"
        assert "conda's no-such-thing is not here" in preparing.said[0]


class TestLocal:
    def test_warns_once_of_what_does_not_fit(self, preparing: Preparing) -> None:
        assert preparing(MISSING, "local").python == HERE
        (warning,) = preparing.said
        assert warning.startswith(
            "Warning: Using the present environment, as asked, though no-such"
        )

    def test_says_nothing_if_all_fits(self, preparing: Preparing) -> None:
        preparing(PRESENT, "local")
        assert preparing.said == []

    def test_is_what_all_are_where_environments_are_not_made(self, preparing: Preparing) -> None:
        for manager in ("auto", "uv", "virtualenv", "conda"):
            assert preparing(MISSING, manager, creation=False).is_present
        assert all("MILLSTREAM_DISABLE_ENV_CREATION" in line for line in preparing.said)


class TestMade:
    def test_holds_the_requirements_and_this_package_as_it_is_here(
        self, preparing: Preparing
    ) -> None:
        spec = EnvironmentSpec(
            requirements=("a==1", "mlflow==2.0", "millstream"), constraints=("c<2", "mlflow<3")
        )
        folder = preparing(spec, "uv").python.parents[2]
        lines = (folder / "requirements.txt").read_text().splitlines()
        assert lines[0] == "a==1"
        assert [Path(line).name.partition("-")[0] for line in lines[1:]] == [
            "millstream",
            "millstream_mlflow",
        ]
        assert all(Path(line).is_file() for line in lines[1:])
        assert (folder / "constraints.txt").read_text() == "c<2\n"
        (install,) = preparing.programs.calls("pip")
        assert install[:2] == ["pip", "install"]
        assert "--compile-bytecode" in install
        assert install[-4:] == ["-r", "requirements.txt", "-c", "constraints.txt"]

    def test_is_not_compiled_where_uv_is_told_so(self, preparing: Preparing) -> None:
        variables = {**preparing.programs.variables, "UV_COMPILE_BYTECODE": "0"}
        preparing(MISSING, variables=variables)
        (install,) = preparing.programs.calls("pip")
        assert "--compile-bytecode" not in install

    def test_is_kept_and_used_again(self, preparing: Preparing) -> None:
        first = preparing(MISSING)
        again = preparing(EnvironmentSpec(requirements=("no-such-package==1",)))
        assert (again.python, again.built) == (first.python, False)
        assert "made before" in preparing.said[-1]
        assert len(preparing.programs.calls("pip")) == 1

    def test_is_made_anew_if_its_interpreter_is_gone(self, preparing: Preparing) -> None:
        first = preparing(MISSING)
        first.python.unlink()
        first.python.symlink_to("/nowhere")
        assert preparing(MISSING).built

    def test_is_not_mixed_with_the_running_one(self, preparing: Preparing) -> None:
        mixing = {"VIRTUAL_ENV": "/x", "PYTHONPATH": "/x", "UV_PYTHON": "2.7"}
        preparing(MISSING, variables={**preparing.programs.variables, **mixing})
        assert not preparing.programs.seen("pip").keys() & mixing.keys()

    def test_is_entered_by_programs_in_it(self, preparing: Preparing) -> None:
        prepared = preparing(MISSING)
        variables = prepared.variables({"PATH": "/bin", "PYTHONHOME": "/x", "A": "b"})
        assert variables == {
            "A": "b",
            "PATH": f"{prepared.python.parent}{os.pathsep}/bin",
            "VIRTUAL_ENV": str(prepared.python.parents[1]),
        }

    def test_programs_of_the_present_one_come_first_too(self, preparing: Preparing) -> None:
        found = preparing(PRESENT).variables({"PATH": "/bin", "A": "b"})
        assert found == {"A": "b", "PATH": f"{HERE.parent}{os.pathsep}/bin"}

    def test_failure_is_one_sentence_without_passwords_and_leaves_nothing(
        self, preparing: Preparing
    ) -> None:
        (preparing.programs.folder / "fail").touch()
        with pytest.raises(MillstreamError) as failed:
            preparing(MISSING)
        assert str(failed.value) == (
            "`uv pip install` failed with exit code 1: error: no such package at "
            "https://***@example.com/x Mend the requirements, or use the present environment as it "
            "is with --env-manager local."
        )
        assert "secret" not in "".join(preparing.shown)
        assert [path.suffix for path in preparing.root.iterdir()] == [".lock"]
        (preparing.programs.folder / "fail").unlink()
        assert preparing(MISSING).built


class TestWhereNoCodeMayRun:
    def test_only_packages_by_name_are_installed_and_none_is_built(
        self, preparing: Preparing
    ) -> None:
        preparing(MISSING, allow_code=False)
        assert "--no-build" in preparing.programs.calls("pip")[0]
        preparing(MISSING, extra=["b"])
        assert "--no-build" not in preparing.programs.calls("pip")[-1]

    @pytest.mark.parametrize(
        "line", ["x @ https://h/x.whl", "--extra-index-url https://h/", "git+https://h/x"]
    )
    def test_addresses_of_a_model_are_refused(self, preparing: Preparing, line: str) -> None:
        with pytest.raises(InvalidParameter, match="MILLSTREAM_ALLOW_PICKLE"):
            preparing(EnvironmentSpec(requirements=(line, "no-such-package")), allow_code=False)
        assert preparing.programs.calls("venv") == []


class TestConda:
    def test_needs_its_program(self, preparing: Preparing, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "find", lambda *_, **__: None)
        with pytest.raises(NotFound, match="conda, mamba and micromamba"):
            preparing(MISSING, "conda")

    def test_gets_the_environment_that_was_given(self, preparing: Preparing) -> None:
        program = preparing.programs.folder / "conda"
        program.write_text(
            "#!/bin/sh\nmkdir -p $5/bin && ln -s /bin/true $5/bin/python && echo $* > "
            + f"{preparing.programs.folder}/conda-called\n"
        )
        program.chmod(0o755)
        conda = {
            "channels": ["defaults"],
            "dependencies": ["python=3.9", "cudatoolkit=11", {"pip": ["mlflow==2.0", "a"]}],
        }
        spec = EnvironmentSpec(requirements=("mlflow==2.0", "a"), conda=conda, python="3.9.1")
        prepared = preparing(spec, "conda")
        folder = prepared.python.parents[2]
        called = (preparing.programs.folder / "conda-called").read_text().split()
        assert called == [
            "env", "create", "--yes", "--prefix", str(folder / "environment"),
            "--file", str(folder / "environment.yaml"),
        ]  # fmt: skip
        text = (folder / "environment.yaml").read_text()
        assert "cudatoolkit=11" in text
        assert "mlflow==2.0" not in text
        assert "millstream-" in text


_SCRIPT = """
import os, sys
from pathlib import Path
from millstream.environments.preparation import prepare
from millstream.environments.specification import EnvironmentSpec, EnvManager
spec = EnvironmentSpec(requirements=("no-such-package==1",))
print(prepare(spec, EnvManager.UV, root=Path(sys.argv[1]), variables=dict(os.environ)).built)
"""


class TestSeveralProcesses:
    def start(self, preparing: Preparing) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, str(preparing.root)],
            env=preparing.programs.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_installing(self, preparing: Preparing) -> None:
        mark = preparing.programs.folder / "installing"
        deadline = time.monotonic() + 60
        while not mark.exists():
            assert time.monotonic() < deadline, "uv was never called"
            time.sleep(0.01)
        mark.unlink()

    def until_waiting(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Waiting for another process that makes")

    def test_one_makes_it_and_the_other_waits(self, preparing: Preparing) -> None:
        wait = preparing.programs.folder / "wait"
        wait.touch()
        first = self.start(preparing)
        self.until_installing(preparing)
        second = self.start(preparing)
        self.until_waiting(second)
        wait.unlink()
        assert [first.communicate()[0], second.communicate()[0]] == ["True\n", "False\n"]
        assert len(preparing.programs.calls("pip")) == 1

    def test_what_a_killed_one_leaves_is_not_used(self, preparing: Preparing) -> None:
        wait = preparing.programs.folder / "wait"
        wait.touch()
        first = self.start(preparing)
        self.until_installing(preparing)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        second = self.start(preparing)
        self.until_waiting(second)  # for uv, which goes on writing there
        wait.unlink()
        assert second.communicate()[0] == "True\n"
        assert len(preparing.programs.calls("pip")) == 2
