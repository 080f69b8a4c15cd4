"""A model's answer in an environment made for it: what its own requirements lack, it lacks there.

`python -m millstream.testing.clean_environment MODEL` prints the answer to the model's example.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from millstream.environments.preparation import prepare
from millstream.environments.specification import EnvManager
from millstream.integrations import pyfunc
from millstream.integrations.model_environment import specification

_MARK = "\nThe answer is:"


def answer_here(model: Path) -> Any:
    """What the model answers to its own example, as lists, dictionaries and plain values."""
    loaded = pyfunc.load_model(model)
    return json.loads(json.dumps(_plain(loaded.predict(loaded.input_example)), default=str))


def answer_elsewhere(model: Path, root: Path) -> Any:
    """The same in an environment made below `root`, and removed again, from what it requires."""
    prepared = prepare(
        specification(model), EnvManager.UV, root=root, variables=dict(os.environ), tell=_nobody
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
    return json.loads(done.stdout.rpartition(_MARK)[2])


def _nobody(line: str) -> None:
    del line


def _plain(answer: Any) -> Any:
    if hasattr(answer, "columns"):
        return {str(name): _plain(answer[name]) for name in answer.columns}
    if hasattr(answer, "tolist"):
        return _plain(answer.tolist())
    if isinstance(answer, dict):
        return {str(key): _plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [_plain(value) for value in answer]
    return answer


if __name__ == "__main__":
    # Libraries print as they load, some of them without a line end.
    print(_MARK, json.dumps(answer_here(Path(sys.argv[1]))))
