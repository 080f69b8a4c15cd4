"""What `import mlflow` loads, in a fresh process."""

from __future__ import annotations

import subprocess
import sys

COUNT = "import sys; before = set(sys.modules); import {}; print(*(set(sys.modules) - before))"


def loaded(module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(module)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_import_loads_nothing_of_others() -> None:
    modules = loaded("mlflow")
    foreign = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    assert foreign == {"mlflow", "millstream"}
    assert len(modules) <= 12


def test_the_client_loads_nothing_heavy() -> None:
    heavy = {"numpy", "pandas", "sklearn", "sqlalchemy", "asyncio", "starlette", "yaml"}
    assert not loaded("mlflow.tracking, mlflow.exceptions, mlflow.entities") & heavy


def test_the_module_for_models_of_a_library_does_not_load_it() -> None:
    assert not loaded("mlflow.sklearn, mlflow.pyfunc") & {"sklearn", "numpy", "pandas"}
