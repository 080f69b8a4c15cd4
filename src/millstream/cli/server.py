"""The command that runs the tracking server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from millstream.cli.options import Decorated, environment_names, example, guard_options
from millstream.entities.permissions import LEVELS
from millstream.errors import NotSupported
from millstream.masking import shown
from millstream.server.process import ServerOptions, serve

WITHOUT_EFFECT = (
    "read_replica_backend_store_uri",
    "gunicorn_opts",
    "waitress_opts",
    "trace_archival_config",
    "secrets_cache_ttl",
    "secrets_cache_max_size",
)
"""Options of MLflow that are accepted so that its command lines work, and then do nothing."""


def _ignored(option: str, variable: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        option,
        envvar=environment_names(variable),
        help="Accepted because MLflow has it; without effect.",
    )


def _tls_options(command: Decorated) -> Decorated:
    described = (
        ("--ssl-certfile", "Answer by TLS, with the certificate in this PEM file."),
        ("--ssl-keyfile", "Its key in PEM form, if that is not in the same file."),
        (
            "--ssl-keyfile-password-file",
            "File with the password of an encrypted key (or say it in "
            "MILLSTREAM_SSL_KEYFILE_PASSWORD).",
        ),
        (
            "--ssl-ca-certs",
            "Answer only clients with a certificate of one of the authorities in this PEM file.",
        ),
    )
    for option, text in reversed(described):
        variable = f"MILLSTREAM_{option.removeprefix('--').upper().replace('-', '_')}"
        command = click.option(option, envvar=variable, metavar="FILE", help=text)(command)
    return command


@example(
    "millstream server",
    "millstream server --backend-store-uri postgresql://user@db/tracking \\",
    "    --artifacts-destination s3://bucket/tracking --workers 4",
    "millstream server --host 0.0.0.0 --allow-anonymous --allowed-hosts ml.example.com \\",
    "    --ssl-certfile server.pem --ssl-keyfile server.key",
)
@click.command(context_settings={"help_option_names": ["--help"]})
@click.option(
    "--backend-store-uri",
    envvar=environment_names("BACKEND_STORE_URI"),
    default="./mlruns",
    show_default=True,
    metavar="URI",
    help="Where facts are kept: a folder, sqlite:///file.db, postgresql://… or mysql://….",
)
@click.option(
    "--registry-store-uri",
    envvar=environment_names("REGISTRY_STORE_URI"),
    metavar="URI",
    help="A folder or database of their own for registered models (default: the backend store).",
)
@click.option(
    "--default-artifact-root",
    envvar=environment_names("DEFAULT_ARTIFACT_ROOT"),
    metavar="URI",
    help="Where new experiments keep their files (default: behind this server's proxy).",
)
@click.option(
    "--serve-artifacts/--no-serve-artifacts",
    envvar=environment_names("SERVE_ARTIFACTS"),
    default=True,
    show_default=True,
    help="Pass files through this server to and from --artifacts-destination.",
)
@click.option(
    "--artifacts-only",
    envvar=environment_names("ARTIFACTS_ONLY"),
    is_flag=True,
    help="Serve files and nothing else.",
)
@click.option(
    "--artifacts-destination",
    envvar=environment_names("ARTIFACTS_DESTINATION"),
    metavar="URI",
    help="Where files are kept that go through this server, e.g. s3://bucket/path "
    "(default: beside the facts).",
)
@click.option(
    "-h",
    "--host",
    envvar=environment_names("HOST"),
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; anything but this machine needs --allow-anonymous.",
)
@click.option(
    "-p",
    "--port",
    envvar=environment_names("PORT"),
    type=click.IntRange(0, 65535),
    default=5000,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "-w",
    "--workers",
    envvar=environment_names("WORKERS"),
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of processes; SQLite is always served by one.",
)
@click.option(
    "--static-prefix",
    envvar=environment_names("STATIC_PREFIX"),
    default="",
    help="Path in front of all paths, for a proxy that serves this below one of its own.",
)
@guard_options
@_tls_options
@click.option(
    "--forwarded-allow-ips",
    envvar=["MILLSTREAM_FORWARDED_ALLOW_IPS", "FORWARDED_ALLOW_IPS"],
    default="",
    metavar="ADDRESSES",
    help="Addresses and networks of proxies, separated by commas, whose X-Forwarded-For, -Proto, "
    "-Host and -Prefix are believed; * believes everybody (default: nobody).",
)
@click.option(
    "--allow-anonymous",
    envvar="MILLSTREAM_ALLOW_ANONYMOUS",
    is_flag=True,
    help="Let everybody who reaches --host read, write and delete.",
)
@click.option(
    "--expose-prometheus",
    envvar=environment_names("EXPOSE_PROMETHEUS"),
    metavar="DIRECTORY",
    help="Answer at /metrics in Prometheus' format; the folder keeps the counts of all processes.",
)
@click.option(
    "--app-name",
    metavar="NAME",
    help="basic-auth has people sign in, as --auth does.",
)
@click.option(
    "--auth/--no-auth",
    default=None,
    envvar="MILLSTREAM_AUTH",
    help="Have people sign in. So it is anyway where others than this machine can call, unless "
    "--allow-anonymous lets everybody in.",
)
@click.option(
    "--default-permission",
    envvar="MILLSTREAM_DEFAULT_PERMISSION",
    type=click.Choice(list(LEVELS)),
    default="READ",
    show_default=True,
    help="What everybody who is signed in may do where nothing was granted.",
)
@click.option(
    "--auth-proxy-header",
    envvar="MILLSTREAM_AUTH_PROXY_HEADER",
    metavar="NAME",
    help="Header in which a proxy of --forwarded-allow-ips names the user that it has signed in, "
    "such as X-Forwarded-User; it must take that header away from what its clients send.",
)
@click.option(
    "--auth-proxy-groups-header",
    envvar="MILLSTREAM_AUTH_PROXY_GROUPS_HEADER",
    metavar="NAME",
    help="Header in which it names that user's groups, separated by commas.",
)
@click.option(
    "--auth-proxy-create-users",
    envvar="MILLSTREAM_AUTH_PROXY_CREATE_USERS",
    is_flag=True,
    help="Make users of those whom the proxy names for the first time, instead of refusing them.",
)
@click.option(
    "--uvicorn-opts",
    envvar=environment_names("UVICORN_OPTS"),
    help="Options of uvicorn's own command line, e.g. '--log-level debug'.",
)
@click.option("--dev", is_flag=True, help="Log more, and start again when the code changes.")
@_ignored("--read-replica-backend-store-uri", "READ_REPLICA_BACKEND_STORE_URI")
@_ignored("--gunicorn-opts", "GUNICORN_OPTS")
@_ignored("--waitress-opts", "WAITRESS_OPTS")
@_ignored("--trace-archival-config", "TRACE_ARCHIVAL_CONFIG")
@_ignored("--secrets-cache-ttl", "SECRETS_CACHE_TTL")
@_ignored("--secrets-cache-max-size", "SECRETS_CACHE_MAX_SIZE")
@click.option(
    "--workspace-store-uri",
    envvar="MLFLOW_WORKSPACE_STORE_URI",
    help="Refused: workspaces are kept with the runs.",
)
@click.option(
    "--enable-workspaces/--disable-workspaces",
    default=False,
    envvar=environment_names("ENABLE_WORKSPACES"),
    help="Let requests name a workspace, outside of which they find nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the address as a line of JSON.")
def server(**given: Any) -> None:
    """Run the tracking server: web UI, REST API and artifact proxy.

    Facts and files are kept in the folder ./mlruns unless the options say otherwise; scripts in
    the same folder log there without any setting.
    """
    elsewhere = given.pop("workspace_store_uri")
    if elsewhere and elsewhere != given["backend_store_uri"]:
        raise NotSupported(
            f"Workspaces are kept with the runs, in {shown(given['backend_store_uri'])}: leave out "
            f"--workspace-store-uri {shown(elsewhere)}."
        )
    for name in WITHOUT_EFFECT:
        if given.pop(name) is not None:
            click.echo(f"Note: --{name.replace('_', '-')} has no effect here.", err=True)
    serve(ServerOptions(**given))
