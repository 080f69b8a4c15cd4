"""The Dockerfile of a service of ours: installed in one stage, served in another.

What it says is in the subset that Docker's BuildKit, Podman and Buildah share (`RUN --mount`,
`HEALTHCHECK`): docs.docker.com/reference/dockerfile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import msgspec

from millstream.containers.box import checked_image
from millstream.errors import InvalidParameter

BASE_IMAGE = "python:{python}-slim"
USER = 10001
"""Who serves: a user without a name or rights, as Kubernetes' `runAsNonRoot` wants it."""
INSTALL = """\
# Makes /opt/venv from what is locked. Indexes and certificates are secrets of the build, if any.
set -eu
if [ -s /run/certificates.pem ]; then
    export SSL_CERT_FILE=/run/certificates.pem PIP_CERT=/run/certificates.pem
fi
export UV_LINK_MODE=copy UV_NO_PROGRESS=1
python3 -m venv /build/tools
/build/tools/bin/python -m pip install --quiet --disable-pip-version-check \\
    --require-hashes --requirement /build/tools.txt
python3 -m venv --without-pip /opt/venv
/build/tools/bin/uv pip install --python /opt/venv/bin/python \\
    --require-hashes --requirement /build/requirements.txt
# By pip, since uv notes of what lies in a folder when it was put there.
/build/tools/bin/python -m pip --python /opt/venv/bin/python install --quiet --no-index --no-deps \\
    --no-compile --no-cache-dir --disable-pip-version-check /build/wheels/*.whl
rm -f /opt/venv/.lock
# Tests of libraries are a sixth of what scikit-learn needs, and serve nobody.
find /opt/venv/lib -type d \\( -name tests -o -name test \\) \\
    -exec sh -c 'ls "$1"/test_*.py >/dev/null 2>&1' - {} \\; -prune -exec rm -r {} +
rm -rf /opt/venv/lib/python3*/site-packages/sqlalchemy/testing \\
    /opt/venv/lib/python3*/site-packages/alembic/testing
find /opt/venv/lib -type f \\( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' \\) -delete
# Valid whatever the time of the sources is, and in one process, since the bytes depend on what was
# compiled before. What cannot be compiled is a template, or never loaded; so are the hundreds of
# lexers of the library that colours what commands print.
PYTHONHASHSEED=0 /opt/venv/bin/python -m compileall -q -x '/(lexers|testing)/' \\
    --invalidation-mode unchecked-hash /opt/venv/lib || :
"""
"""The script that installs what an image holds."""

_VARIABLES = {
    "PATH": "/opt/venv/bin:$PATH",
    "HOME": "/tmp",  # noqa: S108  # a folder of the image, which has one user
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What a Dockerfile has to say beside what they all say.

    `about` is its first line. `base` is the image it is built on, which has `python3`. `labels`
    tell what is in it. `before` are instructions for what is no part of the environment, `after`
    for what is. `probe` is code of Python that fails while the service is not well, which is no
    fault in the first `start_seconds`.
    """

    about: str
    base: str
    labels: Mapping[str, str]
    before: str = ""
    after: str
    variables: Mapping[str, str]
    folder: str
    port: int
    probe: str
    start_seconds: int = 60
    entrypoint: Sequence[str]
    command: Sequence[str]


def service_dockerfile(service: Service) -> str:
    """The text. Where packages come from reaches the build as secrets, which no layer keeps."""
    base = checked_image(service.base)
    labels = "".join(f"LABEL {key}={_quoted(value)}\n" for key, value in service.labels.items())
    given = {**_VARIABLES, **service.variables}
    variables = " \\\n    ".join(f"{name}={value}" for name, value in given.items())
    return f"""\
# {service.about}
ARG BASE={base}

FROM ${{BASE}} AS build
COPY install.sh tools.txt requirements.txt /build/
COPY wheels /build/wheels
RUN --mount=type=cache,target=/root/.cache \\
    --mount=type=secret,id=pip,target=/etc/pip.conf \\
    --mount=type=secret,id=uv,target=/etc/uv/uv.toml \\
    --mount=type=secret,id=certificates,target=/run/certificates.pem \\
    sh /build/install.sh

FROM ${{BASE}}
{labels}{service.before}COPY --from=build /opt/venv /opt/venv
{service.after}ENV {variables}
WORKDIR {service.folder}
EXPOSE {service.port}
USER {USER}:{USER}
HEALTHCHECK --interval=10s --timeout=6s --start-period={service.start_seconds}s --retries=3 \\
    CMD {json.dumps(["python3", "-c", service.probe])}
ENTRYPOINT {json.dumps(service.entrypoint)}
CMD {json.dumps(service.command)}
"""


def _quoted(value: str) -> str:
    r"""A value in quotation marks, in which `\`, `"` and `$` stand for themselves."""
    if not value.isprintable():
        raise InvalidParameter(f"A label cannot hold {value!r}: it has unprintable characters.")
    return '"' + re.sub(r'([\\"$])', r"\\\1", value) + '"'
