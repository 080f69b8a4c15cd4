"""The Dockerfile of a Flask application with its model."""

from __future__ import annotations

from collections.abc import Mapping

from millstream.deploy.container.service import Service, service_dockerfile

_FOLDER = "/app"


def dockerfile(base: str, labels: Mapping[str, str], port: int) -> str:
    """The text; the container listens on `port`, and serves as a user without rights."""
    url = f"http://127.0.0.1:{port}/health/ready"
    return service_dockerfile(
        Service(
            about="Written by `millstream models scaffold flask`: the image of this application.",
            base=base,
            labels=labels,
            after=f"COPY model {_FOLDER}/model\nCOPY app.py gunicorn.conf.py {_FOLDER}/\n",
            variables={"BIND": f"0.0.0.0:{port}"},
            folder=_FOLDER,
            port=port,
            probe=f"import urllib.request as u; u.urlopen('{url}', timeout=5)",
            entrypoint=["gunicorn"],
            command=["--worker-tmp-dir", "/dev/shm", "app:app"],  # noqa: S108  # of the container
        )
    )
