"""A model served on this machine, as the image of it answers elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from millstream import settings
from millstream.containers import engines
from millstream.containers.box import checked_image
from millstream.deploy.chosen_model import choose
from millstream.deploy.container.dockerfile import MODEL, PORT
from millstream.deploy.wish import checked_config
from millstream.environments import programs
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter, MillstreamError

OPTIONS: Mapping[str, str] = {
    "port": "The port of this machine at which it answers (default: 5000).",
    "image": "An image to run with docker or podman; without one the model is served directly.",
}


def serve(name: str, model_uri: str, flavor: str | None, config: Mapping[str, Any]) -> None:
    """Serve a model at 127.0.0.1 until the process is told to end; what goes wrong raises.

    With an image a container of it runs, which sees the model where targets put it; without one
    `models serve` answers the same requests, from an environment as the model asks for.
    """
    said = checked_config(config, OPTIONS)
    port = _port(said.get("port", "5000"))
    model = choose(model_uri, flavor).path
    address = f"http://127.0.0.1:{port}/invocations"
    if "image" in said:
        image = checked_image(said["image"])
        say(f"'{name}' answers at {address} from a container of {image}; Ctrl-C ends it")
        words = engines.find(*_NEED).served(
            image, f"{model}:{MODEL}:ro", f"127.0.0.1:{port}:{PORT}"
        )
    else:
        say(f"'{name}' answers at {address}, served by this machine without a container")
        words = _directly(name, model, port)
    code = programs.attend(words, settings.process_variables())
    if code not in _ENDED:
        raise MillstreamError(f"What served '{name}' ended with exit code {code}.")


_NEED = ("An image is run in a container", "or leave out the option 'image'")
_ENDED = (0, -2, -15, 130, 137, 143)
"""Exit codes of a server that was told to end: its own, by a signal, and through a container."""


def _directly(name: str, model: Path, port: int) -> list[str]:
    words = ["models", "serve", "-m", f"{name}={model}", "-h", "127.0.0.1", "-p", str(port)]
    return [sys.executable, "-P", "-m", "millstream.cli.main", *words]


def _port(said: str) -> int:
    if not said.isdecimal() or not 0 < int(said) < 65536:
        raise InvalidParameter(f"'port' is {said!r}; it is a number from 1 to 65535.")
    return int(said)
