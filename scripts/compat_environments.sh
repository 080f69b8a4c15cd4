#!/usr/bin/env bash
# Builds the environments of tests/compat, below .venvs: each one from the versions pinned in
# tests/compat/<name>.txt, and the project and its drop-in as packages where they are tested.
set -eu
cd "$(dirname "$0")/.."

uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv
unset VIRTUAL_ENV

environment() { # name
    local name=$1 python=.venvs/$1/bin/python pins=tests/compat/$1.txt
    local stamp=.venvs/$1/pins.txt
    if ! cmp -s "$pins" "$stamp"; then
        "$uv" venv --quiet --clear --python 3.11 ".venvs/$name"
        # Compiled here, and not by whichever test comes first.
        "$uv" pip sync --quiet --compile-bytecode --python "$python" "$pins"
        cp "$pins" "$stamp"
    fi
}

# PyTorch's build depends on the machine: its installer, not a list of pins, knows which.
pytorch() { # name version
    local python=.venvs/$1/bin/python
    if ! "$python" -c "import torch" 2>/dev/null; then
        .venv/bin/python -m pip --python "$python" install --quiet "torch==$2"
    fi
}

project() { # name
    "$uv" pip install --quiet --python ".venvs/$1/bin/python" --no-deps \
        --reinstall-package millstream --refresh-package millstream \
        --reinstall-package millstream-mlflow --refresh-package millstream-mlflow \
        . ./dropin
}

environment frameworks
pytorch frameworks 2.13.0
"$uv" pip install --quiet --python .venvs/frameworks/bin/python --no-deps --editable .
environment mlflow
environment scenario
project scenario
environment optuna
project optuna
environment ray
project ray
environment azureml
