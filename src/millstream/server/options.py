"""What can be said when a server is started."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from millstream.asgi.forwarded import Network, networks
from millstream.asgi.guard import is_loopback
from millstream.entities.permissions import LEVELS, PermissionName
from millstream.errors import InvalidParameter, NotSupported
from millstream.server.access.proxy_identity import check_header


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """MLflow's options of `server` under their names, and a few of our own.

    Without `artifacts_destination` artifacts are kept beside the facts. `port` 0 takes a free one.
    `allowed_hosts` and `cors_allowed_origins` are lists with commas. `uvicorn_opts` are a few
    options of uvicorn's command line. `as_json` prints the address as a line of JSON.
    `auth` has people sign in; None means where others than this machine can call, unless
    `allow_anonymous` lets everybody in. `default_permission` is what everybody who is signed in
    may do where nothing was granted. `auth_proxy_header` is the header by which a proxy of
    `forwarded_allow_ips` names users that it has signed in.
    `enable_workspaces` lets requests name a workspace, outside of which they find nothing.
    `most_body` is the largest body of a JSON request, in bytes. The `ssl_` ones are files in PEM
    form. `forwarded_allow_ips` are addresses and networks of proxies, with commas.
    """

    backend_store_uri: str = "./mlruns"
    registry_store_uri: str | None = None
    default_artifact_root: str | None = None
    serve_artifacts: bool = True
    artifacts_only: bool = False
    artifacts_destination: str | None = None
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    static_prefix: str = ""
    allowed_hosts: str | None = None
    cors_allowed_origins: str | None = None
    allow_anonymous: bool = False
    auth: bool | None = None
    default_permission: PermissionName = "READ"
    auth_proxy_header: str | None = None
    auth_proxy_groups_header: str | None = None
    auth_proxy_create_users: bool = False
    enable_workspaces: bool = False
    disable_security_middleware: bool = False
    x_frame_options: str = "SAMEORIGIN"
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_keyfile_password_file: str | None = None
    ssl_ca_certs: str | None = None
    forwarded_allow_ips: str = ""
    expose_prometheus: str | None = None
    app_name: str | None = None
    uvicorn_opts: str | None = None
    dev: bool = False
    as_json: bool = False
    most_body: int = 64 << 20


def check(options: ServerOptions) -> ServerOptions:
    """The options with a tidy prefix; what cannot or must not be is refused."""
    auth = _has_people_sign_in(options)
    if options.x_frame_options.upper() not in ("SAMEORIGIN", "DENY", "NONE"):
        raise InvalidParameter(
            f"--x-frame-options must be SAMEORIGIN, DENY or NONE, not '{options.x_frame_options}'."
        )
    _check_tls(options)
    trusted = networks(options.forwarded_allow_ips)
    _check_proxy(options, trusted, auth=auth)
    prefix = options.static_prefix.strip("/")
    return msgspec.structs.replace(
        options,
        auth=auth,
        static_prefix=f"/{prefix}" if prefix else "",
        # Into one file one process writes fastest, and commands written for MLflow ask for four.
        workers=1 if _is_file(options.backend_store_uri) else options.workers,
    )


def _has_people_sign_in(options: ServerOptions) -> bool:
    if options.app_name not in (None, "basic-auth"):
        raise NotSupported(
            f"--app-name {options.app_name} is not known; the only one is basic-auth, which is the "
            "same as --auth."
        )
    wanted = True if options.app_name else options.auth
    if options.allow_anonymous and wanted:
        raise InvalidParameter(
            "--auth has people sign in, and --allow-anonymous lets in everybody; say only one."
        )
    if wanted is False and not is_loopback(options.host) and not options.allow_anonymous:
        raise InvalidParameter(
            f"--no-auth on {options.host} lets everybody who reaches this machine read, change and "
            "delete all data. If that is meant, say --allow-anonymous instead."
        )
    if options.default_permission not in LEVELS:
        raise InvalidParameter(
            f"--default-permission must be one of {', '.join(LEVELS)}, not "
            f"'{options.default_permission}'."
        )
    if wanted is None:
        wanted = not is_loopback(options.host) and not options.allow_anonymous
    if wanted and options.backend_store_uri.startswith(("http:", "https:")):
        raise NotSupported(
            f"--auth needs the users of a database, but --backend-store-uri is "
            f"{options.backend_store_uri}."
        )
    return wanted


def _check_proxy(options: ServerOptions, trusted: Collection[Network], *, auth: bool) -> None:
    """A proxy that names users is one whose address is known, where users are asked for at all."""
    header = options.auth_proxy_header
    if header is None:
        for name in ("auth_proxy_groups_header", "auth_proxy_create_users"):
            if getattr(options, name):
                raise InvalidParameter(
                    f"--{name.replace('_', '-')} needs --auth-proxy-header, the header by which a "
                    "proxy names users."
                )
        return
    check_header("--auth-proxy-header", header)
    if options.auth_proxy_groups_header is not None:
        check_header("--auth-proxy-groups-header", options.auth_proxy_groups_header)
    if not auth:
        raise InvalidParameter(
            f"--auth-proxy-header {header} names users, but this server lets in everybody: say "
            "--auth too."
        )
    if not trusted or any(network.prefixlen == 0 for network in trusted):
        raise InvalidParameter(
            f"--auth-proxy-header {header} is believed from whom --forwarded-allow-ips names, "
            f"which is '{options.forwarded_allow_ips}'; it must be the addresses of your proxies, "
            "since everybody there can be any user."
        )


def _check_tls(options: ServerOptions) -> None:
    if options.ssl_certfile is not None:
        return
    for name in ("ssl_keyfile", "ssl_keyfile_password_file", "ssl_ca_certs"):
        value = getattr(options, name)
        if value is not None:
            raise InvalidParameter(
                f"--{name.replace('_', '-')} {value} needs a certificate: name its file with "
                "--ssl-certfile."
            )


def _is_file(uri: str) -> bool:
    return not uri.startswith(("postgres", "mysql", "mariadb"))
