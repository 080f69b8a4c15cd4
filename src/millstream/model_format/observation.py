"""What a model imports: it is loaded and asked for its example in a process of its own.

Run as `python -m millstream.model_format.observation DIRECTORY REPORT ALLOW_PICKLE`: the modules
are written into the file REPORT, as JSON.
"""

from __future__ import annotations

import builtins
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format import pyfunc
from millstream.model_format.environment import installed_modules
from millstream.model_format.imports import imported_modules

# Our modules that import on behalf of a model.
_FOR_MODELS = ("millstream.model_format.frameworks.", "millstream.model_format.deserialize")
_NOT_NEEDED = {"millstream", "mlflow", "pip", "setuptools", "pkg_resources"}
_PICKLES = (".pkl", ".pickle", ".skops")

_logger = logging.getLogger("millstream.models")


def modules_of_files(directory: Path) -> set[str]:
    """The modules that the pickles and skops files of a model name, read without loading them."""
    return {
        module
        for path in directory.rglob("*")
        if path.suffix in _PICKLES and path.is_file()
        for module in imported_modules(path)
    }


def observed_modules(
    directory: Path, allow_pickle: bool, timeout: float, variables: Mapping[str, str] | None = None
) -> set[str]:
    """The modules that the model itself imports while it is loaded and predicts its example.

    What only its libraries import comes along with them, and is not among these. `variables` are
    added to the environment of the process, which gets `timeout` seconds. A model that cannot be
    loaded there raises `InvalidParameter`.
    """
    with tempfile.TemporaryDirectory(prefix="millstream-observation-") as folder:
        report = Path(folder, "modules.json")
        command = [sys.executable, "-m", __name__, str(directory.resolve()), str(report)]
        searched = os.pathsep.join(path for path in sys.path if path)
        try:
            done = subprocess.run(  # noqa: S603 - this module, and two paths as arguments of their own
                [*command, str(allow_pickle).lower()],
                env={**os.environ, "PYTHONPATH": searched, **(variables or {})},
                capture_output=True,
                text=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired as error:
            raise InvalidParameter(
                f"loading the model and predicting its example took longer than {timeout:g} s; "
                "give more with `timeout` or MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT"
            ) from error
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise InvalidParameter(f"the model cannot be loaded and asked: {last}")
        return set(json.loads(report.read_text()))


def observe(directory: Path, allow_pickle: bool) -> set[str]:
    """The same in this process: imports by the user's code, by pickles and by our adapters."""
    installed = installed_modules()
    seen: set[str] = set()
    real = builtins.__import__

    def watched(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        importer = str((globals or {}).get("__name__") or "")
        if level == 0 and (importer.startswith(_FOR_MODELS) or _is_users(importer, installed)):
            seen.add(name.partition(".")[0])
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = watched
    try:
        model = pyfunc.load(directory, allow_pickle)
        example = model.input_example
        if example is not None:
            params = model.metadata.load_input_example_params(str(directory))
            model.predict(example, params)
    finally:
        builtins.__import__ = real
    return (seen & installed) - _NOT_NEEDED


def _is_users(importer: str, installed: set[str]) -> bool:
    root = importer.partition(".")[0]
    known = root in installed or root in sys.stdlib_module_names or root in _NOT_NEEDED
    return bool(root) and not known


def _main() -> None:
    directory, report, allow_pickle = sys.argv[1:]
    modules = observe(Path(directory), allow_pickle == "true")
    Path(report).write_text(json.dumps(sorted(modules)))


if __name__ == "__main__":
    _main()
