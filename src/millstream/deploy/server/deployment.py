"""A folder from which the tracking server runs elsewhere: its image, a Compose file, a Helm chart.

| path | is |
| --- | --- |
| `image/` | what the image is built from |
| `compose.yaml` | the server with PostgreSQL and an object store, on one machine |
| `secrets/` | the passwords of these, made anew; only the owner may enter the folder |
| `chart/` | the server in Kubernetes, as a Helm chart |
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from millstream.deploy.container.folder import check_empty
from millstream.deploy.server.image import ServerImageOptions, write_server_context

FILES = Path(__file__).with_name("files")
_SECRET_BYTES = 32


def write_deployment(folder: Path, options: ServerImageOptions) -> None:
    """Write all of it into a folder that is empty or absent; errors as `write_server_context`."""
    check_empty(folder)
    write_server_context(folder / "image", options)
    shutil.copytree(FILES, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    _write_secrets(folder / "secrets")


def _write_secrets(folder: Path) -> None:
    """Files that the users of the containers can read, since Compose mounts them as they are.

    On the machine itself the folder keeps everybody else out.
    """
    folder.mkdir(mode=0o700)
    key = f"aws_access_key_id = millstream\naws_secret_access_key = {_new_secret()}\n"
    for name, text in (
        ("database_password", f"{_new_secret()}\n"),
        ("s3_credentials", f"[default]\n{key}"),
    ):
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o644)


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)
