#!/usr/bin/env bash
# Runs the adapters' contract, each framework in a process of its own: not all of these libraries
# bear each other in one. Two at a time, since most of it is waiting for imports and installers, and
# large files first, so that neither is left with a long one at the end.
set -eu
cd "$(dirname "$0")/.."
export PATH="$PATH:$PWD/.venv/bin" # uv, for environments made from a model's requirements

# Names without spaces, and nothing but this repository's own.
ls -S tests/frameworks/test_*.py |
    xargs -n 1 -P 2 .venvs/frameworks/bin/python -m pytest -W default -o timeout=900
