"""The parts of one server process, put together from its options."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from millstream import connect, settings
from millstream.address import local_user
from millstream.artifacts.confined import Confined, local_path
from millstream.artifacts.interface import ArtifactStore, DirectAccess
from millstream.asgi.guard import Guard, is_loopback
from millstream.entities.users import AdministratorLink
from millstream.errors import InvalidParameter, NotSupported
from millstream.rest.artifacts import Artifacts
from millstream.rest.dispatch import Dispatcher
from millstream.rest.lineage import Lineages
from millstream.rest.protected_files import FileProtection
from millstream.server.access.control import AccessControl, Files, control
from millstream.server.access.first_administrator import first_administrator
from millstream.server.access.gate import Gate, OpenGate
from millstream.server.access.openid.configuration import OpenIdConfiguration, read_configuration
from millstream.server.access.provider_sign_in import check_installed, provider_sign_in
from millstream.server.access.proxy_identity import ProxyIdentity
from millstream.server.access.session import OpenSession, Session
from millstream.server.app import Application, Handler, Mounted
from millstream.server.artifact_admission import ArtifactAdmission
from millstream.server.artifacts import ArtifactRoutes
from millstream.server.callers import Callers
from millstream.server.deliverer import Deliverer
from millstream.server.docs import documentation
from millstream.server.endpoints import Endpoints
from millstream.server.fixed import always
from millstream.server.hashing import HashingThreads
from millstream.server.live import LiveNews
from millstream.server.options import ServerOptions
from millstream.server.pages import Pages
from millstream.server.status import Status
from millstream.server.storage import Storage
from millstream.server.stores import Stores, artifact_root, open_stores
from millstream.server.traffic import Traffic
from millstream.settings import Settings
from millstream.store.access import Access, AccessRules
from millstream.store.health import HasHealth
from millstream.store.outbox import HasOutbox
from millstream.store.protected_files import HasProtectedFiles
from millstream.store.sql import address
from millstream.version import VERSION

_NOT_TRACKED = (
    "Endpoint: {} disabled due to the mlflow server running in `--artifacts-only` mode. "
    "To enable tracking server functionality, run `mlflow server` without `--artifacts-only`"
)


class Backend:
    """All nouns that the endpoint table knows."""

    def __init__(
        self,
        stores: Stores,
        artifacts: Artifacts,
        lineage: Lineages,
        status: Status | None,
        session: Session | OpenSession,
        access: Access | None,
    ) -> None:
        tracking, registry = stores
        self.experiments = tracking.experiments
        self.runs = tracking.runs
        self.metrics = tracking.metrics
        self.models = tracking.models
        self.views = tracking.views
        self.registered_models = registry.registered_models
        self.model_versions = registry.model_versions
        self.registry_events = registry.registry_events
        self.webhooks = registry.webhooks
        self.stages = registry.stages
        self.transition_requests = registry.transition_requests
        self.gates = registry.gates
        self.artifacts = artifacts
        self.lineage = lineage
        self.session = session
        # Endpoints about a noun that is not there do not exist.
        if status is not None:
            self.server_status = status
        if access is not None:
            self.users = access.users
            self.groups = access.groups
            self.roles = access.roles
            self.permissions = access.permissions
            self.tokens = access.tokens
            self.audit = access.audit


def prepare(options: ServerOptions) -> AdministratorLink | None:
    """Create what is missing, and fail here, before anything listens, if that is impossible.

    Gives the link for the first administrator, if people are to sign in and nobody is one yet.
    """
    _refuse_to_show_the_database(options)
    if _openid(options, settings.load()) is not None:
        check_installed()
    if options.artifacts_only:
        return None
    environment = settings.load()
    stores = open_stores(options, environment)
    try:
        if not options.auth:
            return None
        access = connect.access_of(stores.tracking)
        return first_administrator(access, environment)
    finally:
        stores.close()


def assemble(options: ServerOptions, exposition: Handler | None = None) -> Application:
    """The ASGI application. `exposition` answers at /metrics."""
    prefix = options.static_prefix
    guard = Guard(
        options.allowed_hosts,
        options.cors_allowed_origins,
        options.x_frame_options,
        enabled=not options.disable_security_middleware,
    )
    environment = settings.load()
    proxied = _open_destination(options, environment)
    openable = _openable(options, environment, proxied)
    stores = None if options.artifacts_only else open_stores(options, environment, openable)
    protection = _protection(options, stores)
    traffic, hashing = Traffic(), HashingThreads()
    openid = _openid(options, environment)
    access = _access(options, stores)
    controlled = sign_in = None
    if access is not None:
        controlled = _control(options, access, protection, hashing, openid)
        sign_in = _sign_in(options, access, controlled, openid)
    gate: Gate = OpenGate(_callers(options)) if controlled is None else controlled.gate
    session = OpenSession() if controlled is None else controlled.session
    live = None if stores is None or stores.news is None else LiveNews(stores.news, gate, prefix)
    artifacts = backend = None
    if stores is not None:
        artifacts = Artifacts(stores.tracking, openable, protection, stores.registry)
        permissions = None if controlled is None else controlled.permissions
        lineages = Lineages(stores.registry, stores.tracking, openable, permissions)
        status = _status(stores, _destination(options), traffic, live)
        backend = Backend(stores, artifacts, lineages, status, session, access)
    deliverer = _deliverer(stores, environment)
    endpoints = Endpoints(
        Dispatcher(backend, prefix=prefix),
        gate,
        hashing,
        inline=all(map(_is_embedded, _uris(options))),
        most_body=options.most_body,
        traffic=traffic,
    )
    admission = ArtifactAdmission(gate)
    return Application(
        endpoints,
        guard,
        gate,
        fixed={
            **always(_capabilities(stores, proxied), prefix),
            **documentation(prefix),
            **({} if exposition is None else {"/metrics": exposition}),
        },
        closed=("/metrics", "/version", f"{prefix}/version"),
        mounted=[
            ArtifactRoutes(proxied, artifacts, protection, admission, prefix),
            *(part for part in (live, sign_in) if part is not None),
        ],
        pages=Pages(prefix=prefix),
        begin=_nothing if deliverer is None else deliverer.start,
        close=lambda: _close(deliverer, stores),
        prefix=prefix,
        disabled=_NOT_TRACKED if options.artifacts_only else None,
    )


def _callers(options: ServerOptions) -> Callers:
    return Callers(local_user() if is_loopback(options.host) else None)


def _openid(options: ServerOptions, environment: Settings) -> OpenIdConfiguration | None:
    """The provider at which people sign in, if one is named."""
    configuration = read_configuration(environment)
    if configuration is not None and not options.auth:
        raise InvalidParameter(
            f"MILLSTREAM_OIDC_ISSUER names {configuration.issuer} for people to sign in at, but "
            "this server lets in everybody: say --auth, or take the variable away."
        )
    return configuration


def _access(options: ServerOptions, stores: Stores | None) -> Access | None:
    """Who may do what, if people are to sign in."""
    if not options.auth:
        return None
    if stores is None:
        raise NotSupported(
            "--artifacts-only knows no users, so it cannot ask who calls. Say --allow-anonymous "
            "and let only those reach it who may have all files, or serve artifacts together with "
            "runs."
        )
    rules = AccessRules(default_permission=options.default_permission)
    return connect.access_of(stores.tracking, rules)


def _control(
    options: ServerOptions,
    access: Access,
    protection: FileProtection,
    hashing: HashingThreads,
    openid: OpenIdConfiguration | None,
) -> AccessControl:
    proxy = None
    if options.auth_proxy_header is not None:
        proxy = ProxyIdentity(
            access,
            options.auth_proxy_header,
            options.auth_proxy_groups_header,
            create_users=options.auth_proxy_create_users,
        )
    return control(
        access,
        options.default_permission,
        Files(protection.names, artifact_root(options)),
        hashing,
        options.static_prefix,
        proxy,
        ("password",) if openid is None else ("password", "openid"),
    )


def _sign_in(
    options: ServerOptions,
    access: Access,
    controlled: AccessControl,
    openid: OpenIdConfiguration | None,
) -> Mounted | None:
    """Sign-in at the provider, if one is named."""
    if openid is None:
        return None
    return provider_sign_in(
        openid, access, controlled, options.default_permission, options.static_prefix
    )


def _refuse_to_show_the_database(options: ServerOptions) -> None:
    """The database must not be among the files that anybody may read and replace."""
    databases = [_database_file(uri) for uri in _uris(options)]
    own = connect.artifact_root(options.backend_store_uri)
    roots = (options.artifacts_destination or own, options.default_artifact_root or own)
    for root, database in itertools.product(roots, databases):
        folder = local_path(root)
        if folder and database and database.resolve().is_relative_to(Path(folder).resolve()):
            raise InvalidParameter(
                f"The artifacts would be kept in {folder}, where the database {database} is, so "
                "that whoever reads artifacts could read and replace it. Choose another folder "
                "with --artifacts-destination, such as one inside of it."
            )


def _uris(options: ServerOptions) -> list[str]:
    """Where facts are kept."""
    return [options.backend_store_uri, options.registry_store_uri or options.backend_store_uri]


def _database_file(uri: str) -> Path | None:
    folder = connect.local_folder(uri)
    if folder is not None:
        return Path(folder) / connect.DATABASE
    return Path(address.parse(uri).database) if uri.startswith("sqlite") else None


def _open_destination(options: ServerOptions, environment: Settings) -> ArtifactStore | None:
    """What the proxy serves."""
    if not options.serve_artifacts:
        return None
    return connect.open_artifacts(
        _destination(options), environment, tracking_uri=options.backend_store_uri
    )


def _destination(options: ServerOptions) -> str:
    return options.artifacts_destination or connect.artifact_root(options.backend_store_uri)


def _protection(options: ServerOptions, stores: Stores | None) -> FileProtection:
    """What the registry knows of; without one (`--artifacts-only`), nothing."""
    destination = _destination(options) if options.serve_artifacts else None
    registry = None if stores is None else stores.registry
    protected = registry.protected_files if isinstance(registry, HasProtectedFiles) else None
    return FileProtection(protected, destination)


def _openable(
    options: ServerOptions, environment: Settings, proxied: ArtifactStore | None
) -> Confined:
    """What this process may open on behalf of whoever asks."""
    roots = [options.default_artifact_root or connect.artifact_root(options.backend_store_uri)]
    uri = options.backend_store_uri
    return Confined(
        lambda asked: connect.open_artifacts(asked, environment, tracking_uri=uri),
        proxied,
        [path for root in roots if (path := local_path(root)) is not None],
    )


def _deliverer(stores: Stores | None, environment: Settings) -> Deliverer | None:
    registry = None if stores is None else stores.registry
    return Deliverer(registry.outbox, environment) if isinstance(registry, HasOutbox) else None


def _status(
    stores: Stores, destination: str, traffic: Traffic, live: LiveNews | None
) -> Status | None:
    """How the server is doing, if its stores can say so."""
    tracking, registry = stores
    if not isinstance(tracking, HasHealth) or not isinstance(registry, HasHealth):
        return None
    return Status(
        tracking.health,
        registry.health,
        Storage(destination),
        traffic,
        lambda: 0 if live is None else live.streams,
    )


def _capabilities(stores: Stores | None, proxied: ArtifactStore | None) -> dict[str, Any]:
    return {
        "store_type": None if stores is None else "SqlStore",
        "workspaces_enabled": False,
        "trace_archival_enabled": False,
        "multipart_uploads_enabled": proxied is not None,
        "multipart_downloads_enabled": isinstance(proxied, DirectAccess),
        "presigned_upload_run_id_supported": True,
        "presigned_upload_model_id_supported": True,
        "features_enabled": {"gateway": False},
        "millstream_version": VERSION,
    }


def _is_embedded(uri: str) -> bool:
    """Whether reading a few rows needs no network."""
    return not uri.startswith(("postgres", "mysql", "mariadb"))


def _nothing() -> None:
    """There is nothing to begin."""


def _close(deliverer: Deliverer | None, stores: Stores | None) -> None:
    if deliverer is not None:
        deliverer.close()
    if stores is not None:
        stores.close()
