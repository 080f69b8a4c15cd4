"""The process: options become a listening server, which ends without losing anything."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import logging
import os
import shlex
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import uvicorn.config
import uvicorn.server
import uvicorn.supervisors

from millstream import settings
from millstream.asgi import memory
from millstream.asgi.forwarded import Forwarded
from millstream.asgi.listener import BACKLOG, base_url, listen
from millstream.asgi.protocol import PromptProtocol
from millstream.asgi.tls import TlsFiles, context
from millstream.entities.users import AdministratorLink
from millstream.errors import InvalidParameter
from millstream.masking import shown
from millstream.server.access.first_administrator import invitation
from millstream.server.assembly import assemble, assemble_workspaces, prepare
from millstream.server.options import ServerOptions, check
from millstream.version import VERSION

__all__ = ["ServerOptions", "serve"]

_GRACE_SECONDS = 30
_KEEP_ALIVE_SECONDS = 75
# Uvicorn kills and replaces a process that is silent for longer. A new one is while it imports, and
# on a busy machine, or with a part of a processor, its 5 s would have none ever come up.
_SIGN_OF_LIFE_SECONDS = 60
_OURS = ("forwarded_allow_ips", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_UVICORN_OPTIONS: dict[str, Callable[[str], Any]] = {
    "backlog": int,
    "forwarded-allow-ips": str,
    "log-level": str,
    "ssl-ca-certs": str,
    "ssl-certfile": str,
    "ssl-keyfile": str,
    "ssl-keyfile-password": str,
    "timeout-graceful-shutdown": int,
    "timeout-keep-alive": int,
}


def serve(options: ServerOptions) -> None:
    """Serve until SIGTERM or SIGINT; accepted requests are finished and what they wrote is kept.

    Raises `MillstreamError` if the options contradict each other or nothing can be opened.
    """
    given = _parse_uvicorn_options(options.uvicorn_opts or "")
    options = _with_ours(options, given)
    asked, options = options, check(options)
    if options.workers < asked.workers:
        print(
            f"Note: --workers {asked.workers} needs PostgreSQL or MySQL. "
            "SQLite is served by one process, which writes into it fastest.",
            file=sys.stderr,
        )
    tls = _tls_files(options, given.pop("ssl_keyfile_password", None))
    config = _configure(options, tls, given)
    link = prepare(options)
    if options.expose_prometheus is not None:
        _count_in(options.expose_prometheus)
    listener = listen(options.host, options.port)
    _announce(options, listener, "http" if tls is None else "https", link)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C has been heard, and all is finished
        if options.dev:
            _reload(config, listener)
        elif options.workers > 1:
            uvicorn.supervisors.Multiprocess(config, sockets=[listener]).run()
        else:
            uvicorn.server.Server(config).run(sockets=[listener])


def build(options: ServerOptions) -> Any:
    """The ASGI application of one process."""
    logging.basicConfig(
        level=logging.DEBUG if options.dev else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    memory.bound()
    application: Any
    put_together = assemble_workspaces if options.enable_workspaces else assemble
    if options.expose_prometheus is None:
        application = put_together(options)
    else:
        # Late, since the library decides when it is imported whether processes count together.
        exposition = importlib.import_module("millstream.server.prometheus").Exposition()
        application = put_together(options, exposition)
        application = exposition.observe(application, application.literal)
    if options.forwarded_allow_ips:
        application = Forwarded(application, options.forwarded_allow_ips)
    gc.collect()
    gc.freeze()  # what exists now lives as long as the process: not worth looking through again
    return application


def _count_in(folder: str) -> None:
    """Let the processes of this server count together, in a new folder below the one named.

    A new one, so that neither another server's counts nor a file that was there is touched.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    # The only door of the library: it reads the variable when it is imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="counts-", dir=folder)


class _Config(uvicorn.config.Config):
    """Uvicorn's settings, with TLS as `asgi.tls` has it."""

    def __init__(self, application: Any, tls: TlsFiles | None, **given: Any) -> None:
        super().__init__(application, **given)
        self._tls = tls
        self.timeout_worker_healthcheck = _SIGN_OF_LIFE_SECONDS

    def load(self) -> None:
        """In each process, since a context stays in the one that made it."""
        super().load()
        self.ssl = None if self._tls is None else context(self._tls)


def _with_ours(options: ServerOptions, given: dict[str, Any]) -> ServerOptions:
    """What uvicorn's options say of our own matters, unless our own say it; taken out of them."""
    told = {name: value for name in _OURS if (value := given.pop(name, None)) is not None}
    return msgspec.structs.replace(
        options, **{name: value for name, value in told.items() if not getattr(options, name)}
    )


def _tls_files(options: ServerOptions, password: str | None) -> TlsFiles | None:
    if options.ssl_certfile is None:
        return None
    files = TlsFiles(
        certfile=options.ssl_certfile,
        keyfile=options.ssl_keyfile,
        password_file=options.ssl_keyfile_password_file,
        password=password or settings.load().ssl_keyfile_password,
        ca_certs=options.ssl_ca_certs,
    )
    context(files)  # what is wrong with them is said before anything else begins
    return files


def _configure(
    options: ServerOptions, tls: TlsFiles | None, given: dict[str, Any]
) -> uvicorn.config.Config:
    settled: dict[str, Any] = {
        "log_level": "debug" if options.dev else "warning",
        "backlog": BACKLOG,
        "timeout_keep_alive": _KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
    }
    settled.update(given)
    return _Config(
        functools.partial(build, options),
        tls,
        factory=True,
        http=PromptProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # see Forwarded
        date_header=False,
        workers=options.workers,
        reload=options.dev,
        reload_dirs=[str(Path(__file__).parents[1])] if options.dev else None,
        **settled,
    )


def _reload(config: uvicorn.config.Config, listener: socket.socket) -> None:
    server = uvicorn.server.Server(config)
    uvicorn.supervisors.ChangeReload(config, target=server.run, sockets=[listener]).run()


def _parse_uvicorn_options(text: str) -> dict[str, Any]:
    words = shlex.split(text.replace("=", " "))
    found: dict[str, Any] = {}
    for name, value in zip(words[::2], words[1::2], strict=False):
        read = _UVICORN_OPTIONS.get(name.removeprefix("--"))
        if read is None:
            known = ", ".join(f"--{known}" for known in _UVICORN_OPTIONS)
            # What is no name may be a part of a password that was not quoted.
            named = name if name.startswith("--") else "word without -- before it"
            raise InvalidParameter(f"--uvicorn-opts knows no {named}; it knows {known}.")
        try:
            found[name.removeprefix("--").replace("-", "_")] = read(value)
        except ValueError as error:
            raise InvalidParameter(f"--uvicorn-opts {name} needs a number, not {value}.") from error
    if len(words) % 2:
        raise InvalidParameter("--uvicorn-opts ends with a name that has no value.")
    return found


def _announce(
    options: ServerOptions, listener: socket.socket, scheme: str, link: AdministratorLink | None
) -> None:
    url = base_url(listener, options.host, scheme) + options.static_prefix
    told = {"url": url}
    if link is not None:
        told["administrator_link"] = invitation(link, url)
    if options.as_json:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        return
    store = shown(options.backend_store_uri)
    sys.stderr.write(f"Millstream {VERSION} serves {store} at {url} (Ctrl+C stops it)\n")
    if link is not None:
        sys.stderr.write(
            "People have to sign in, and nobody is administrator yet. Whoever opens this address "
            f"first within the hour becomes it:\n  {told['administrator_link']}\n"
        )
    sys.stderr.flush()
