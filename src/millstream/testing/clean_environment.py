"""A model's answer in an environment made for it: what its own requirements lack, it lacks there.

`python -m millstream.testing.clean_environment MODEL` prints the answer to the model's example.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from millstream.environments.preparation import prepare
from millstream.environments.specification import EnvManager
from millstream.integrations import pyfunc
from millstream.integrations.model_environment import specification

_MARK = "\nThe answer is:"


def answer_here(model: Path) -> Any:
    """What the model answers to its own example, as far as JSON can say it."""
    return _restored(json.loads(_answer(model)))


def _answer(model: Path) -> str:
    loaded = pyfunc.load_model(model)
    return json.dumps(_plain(loaded.predict(loaded.input_example)), default=str)


def answer_elsewhere(model: Path, root: Path) -> Any:
    """The same in an environment made below `root`, and removed again, from what it requires."""
    # Nothing is loaded from it twice, and all of it would be compiled for a few of its modules.
    variables = {**os.environ, "UV_COMPILE_BYTECODE": "0"}
    prepared = prepare(
        specification(model), EnvManager.UV, root=root, variables=variables, tell=_nobody
    )
    try:
        done = subprocess.run(  # noqa: S603 our own module, no shell
            [prepared.python, "-P", "-m", "millstream.testing.clean_environment", model],
            env=prepared.variables(os.environ),
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(root)
    assert done.returncode == 0, f"{prepared.why}\n{done.stderr[-4000:]}"
    return _restored(json.loads(done.stdout.rpartition(_MARK)[2]))


def _nobody(line: str) -> None:
    del line


def _plain(answer: Any) -> Any:
    """What JSON can say of an answer, with a word for the container that it comes in."""
    if hasattr(answer, "columns"):
        columns = [answer[name] for name in answer.columns]
        return {_FRAME: [list(answer.columns), [_plain(column.tolist()) for column in columns]]}
    if hasattr(answer, "tolist"):
        return {_ARRAY: answer.tolist()}
    if isinstance(answer, dict):
        return {str(key): _plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [_plain(value) for value in answer]
    return answer


def _restored(answer: Any) -> Any:
    """An answer in its container again."""
    if isinstance(answer, list):
        return [_restored(value) for value in answer]
    if not isinstance(answer, dict):
        return answer
    if _FRAME in answer:
        names, columns = answer[_FRAME]
        frame = import_module("pandas").DataFrame(dict(enumerate(columns)))
        frame.columns = names
        return frame
    if _ARRAY in answer:
        return import_module("numpy").asarray(answer[_ARRAY])
    return {key: _restored(value) for key, value in answer.items()}


_FRAME, _ARRAY = "a frame", "an array"


if __name__ == "__main__":
    # Libraries print as they load, some of them without a line end.
    print(_MARK, _answer(Path(sys.argv[1])))
