"""`python -m millstream.serving OPTIONS`: serve models in the interpreter that runs this.

OPTIONS is a file of the JSON that `options.to_json` makes, or that JSON itself.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from millstream.errors import InvalidParameter, MillstreamError
from millstream.serving.options import ServingOptions, from_json
from millstream.serving.process import serve

_USAGE = "usage: python -m millstream.serving OPTIONS (a file of JSON, or JSON itself)"


def main(arguments: list[str]) -> int:
    """Serve until told to end; the answer is the exit code."""
    if len(arguments) != 1:
        print(_USAGE, file=sys.stderr)
        return 2
    try:
        _serve(from_json(_read(arguments[0])))
    except MillstreamError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(options: ServingOptions) -> None:
    try:
        serve(options)
    finally:
        for folder in options.temporary:
            shutil.rmtree(folder, ignore_errors=True)


def _read(argument: str) -> bytes:
    if argument.lstrip().startswith("{"):
        return argument.encode()
    try:
        return Path(argument).read_bytes()
    except OSError as error:
        raise InvalidParameter(f"The options in {argument} cannot be read: {error}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
