"""The parts of one server process, put together from its options."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from millstream import connect, settings
from millstream.address import local_user
from millstream.artifacts.confined import Confined, local_path
from millstream.artifacts.interface import ArtifactStore, DirectAccess
from millstream.asgi.guard import Guard, is_loopback
from millstream.entities.users import AdministratorLink
from millstream.entities.workspaces import DEFAULT_WORKSPACE
from millstream.errors import InvalidParameter, InvalidState, NotSupported
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
from millstream.server.access.workspace_gate import WorkspaceGate
from millstream.server.app import Application, Handler, Mounted
from millstream.server.artifact_admission import ArtifactAdmission
from millstream.server.artifacts import ArtifactRoutes
from millstream.server.callers import Callers
from millstream.server.deliverer import Deliverer
from millstream.server.docs import documentation
from millstream.server.endpoints import Endpoints
from millstream.server.fixed import always
from millstream.server.hashing import HashingThreads
from millstream.server.left_behind import Collector
from millstream.server.live import LiveNews
from millstream.server.options import ServerOptions
from millstream.server.pages import Pages
from millstream.server.reaper import Reaper
from millstream.server.status import Status
from millstream.server.storage import Storage
from millstream.server.stores import Stores, artifact_root, open_stores
from millstream.server.traffic import Traffic
from millstream.server.workspaces import NoWorkspaces, WorkspaceSites, workspaces_off
from millstream.settings import Settings
from millstream.store.access import Access, AccessRules, Workspaces
from millstream.store.health import HasHealth
from millstream.store.outbox import HasOutbox
from millstream.store.protected_files import HasProtectedFiles
from millstream.store.reaping import HasReaping
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
        workspaces: Workspaces | NoWorkspaces,
    ) -> None:
        tracking, registry = stores
        self.experiments = tracking.experiments
        self.runs = tracking.runs
        self.run_leases = tracking.run_leases
        self.attempts = tracking.attempts
        self.console = tracking.console
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
        self.deployments = registry.deployments
        self.artifacts = artifacts
        self.lineage = lineage
        self.session = session
        self.workspaces = workspaces
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
    environment = settings.load()
    _open_destination(options, environment)
    if options.artifacts_only:
        return None
    stores = open_stores(options, environment)
    try:
        access = connect.access_of(stores.tracking)
        if not options.enable_workspaces:
            _refuse_workspaces(access.workspaces.find_other())
        if not options.auth:
            return None
        return first_administrator(access, environment)
    finally:
        stores.close()


def _refuse_workspaces(name: str | None) -> None:
    """Everybody would see everything that is in them."""
    if name is not None:
        raise InvalidState(
            f"The database has workspaces, such as '{name}', and the server would not keep them "
            "apart. Start it with --enable-workspaces, or move what is in them to 'default' first: "
            f"millstream workspaces delete {name} --mode SET_DEFAULT"
        )


class _Shared(NamedTuple):
    """What the applications of all workspaces have in common."""

    options: ServerOptions
    exposition: Handler | None
    environment: Settings
    guard: Guard
    proxied: ArtifactStore | None
    openable: Confined
    stores: Stores | None
    protection: FileProtection
    live: LiveNews | None
    traffic: Traffic
    hashing: HashingThreads


def assemble(options: ServerOptions, exposition: Handler | None = None) -> Application:
    """The ASGI application of a server without workspaces. `exposition` answers at /metrics."""
    return _application(_shared(options, exposition))


def assemble_workspaces(
    options: ServerOptions, exposition: Handler | None = None
) -> WorkspaceSites:
    """The same of a server with workspaces."""
    shared = _shared(options, exposition)
    access = connect.access_of(_required(shared.stores).tracking)
    default = _application(shared, DEFAULT_WORKSPACE)
    return WorkspaceSites(access.workspaces, default, partial(_application, shared))


def _shared(options: ServerOptions, exposition: Handler | None) -> _Shared:
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
    news = None if stores is None else stores.news
    live = None if news is None else LiveNews(news, options.static_prefix)
    parts = (options, exposition, environment, guard, proxied, openable, stores, protection, live)
    return _Shared(*parts, Traffic(), HashingThreads())


def _application(shared: _Shared, workspace: str | None = None) -> Application:
    """The application of a workspace, or of a server without them.

    That of `default` begins and ends with the process.
    """
    options, prefix = shared.options, shared.options.static_prefix
    leads = workspace in (None, DEFAULT_WORKSPACE)
    whole = shared.stores
    stores = whole if workspace is None or whole is None else whole.in_workspace(workspace)
    access = _access(shared, workspace)
    controlled = sign_in = None
    if access is not None:
        openid = _openid(options, shared.environment)
        controlled = _control(shared, access, openid, workspace)
        sign_in = _sign_in(options, access, controlled, openid)
    gate = _gate(shared, stores, controlled, workspace)
    session = OpenSession(workspace) if controlled is None else controlled.session
    live = shared.live
    artifacts = backend = None
    if stores is not None:
        artifacts = Artifacts(stores.tracking, shared.openable, shared.protection, stores.registry)
        permissions = None if controlled is None else controlled.permissions
        lineages = Lineages(stores.registry, stores.tracking, shared.openable, permissions)
        status = _status(stores, _destination(options), shared.traffic, live)
        backend = Backend(stores, artifacts, lineages, status, session, access, _workspaces(shared))
    workers = _workers(shared.options, stores, shared.environment) if leads else []
    endpoints = Endpoints(
        Dispatcher(backend, prefix=prefix),
        gate,
        shared.hashing,
        inline=all(map(_is_embedded, _uris(options))),
        most_body=options.most_body,
        traffic=shared.traffic,
    )
    admission = ArtifactAdmission(gate)
    return Application(
        endpoints,
        shared.guard,
        gate,
        fixed={
            **always(_capabilities(shared), prefix),
            **documentation(prefix),
            **({} if shared.exposition is None else {"/metrics": shared.exposition}),
        },
        closed=("/metrics", "/version", f"{prefix}/version"),
        mounted=[
            ArtifactRoutes(shared.proxied, artifacts, shared.protection, admission, prefix),
            *(part for part in (live, sign_in) if part is not None),
        ],
        pages=Pages(prefix=prefix),
        begin=lambda: _begin(workers),
        close=lambda: _close(workers, whole if leads else stores),
        prefix=prefix,
        disabled=_NOT_TRACKED if options.artifacts_only else None,
        no_workspace=workspaces_off() if workspace is None else None,
    )


def _gate(
    shared: _Shared, stores: Stores | None, access: AccessControl | None, workspace: str | None
) -> Gate:
    if access is not None:
        return access.gate
    callers = _callers(shared.options)
    if workspace is None or stores is None:
        return OpenGate(callers)
    confined = connect.access_of(_required(shared.stores).tracking).in_workspace(workspace)
    experiments = stores.tracking.experiments
    return WorkspaceGate(callers, workspace, confined.parents, experiments, shared.protection.names)


def _workspaces(shared: _Shared) -> Workspaces | NoWorkspaces:
    if not shared.options.enable_workspaces:
        return NoWorkspaces()
    return connect.access_of(_required(shared.stores).tracking).workspaces


def _required(stores: Stores | None) -> Stores:
    if stores is None:
        raise NotSupported(
            "--artifacts-only knows no workspaces, so --enable-workspaces does not go with it."
        )
    return stores


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


def _access(shared: _Shared, workspace: str | None) -> Access | None:
    """Who may do what, if people are to sign in."""
    options = shared.options
    _openid(options, shared.environment)
    if not options.auth:
        return None
    if shared.stores is None:
        raise NotSupported(
            "--artifacts-only knows no users, so it cannot ask who calls. Say --allow-anonymous "
            "and let only those reach it who may have all files, or serve artifacts together with "
            "runs."
        )
    rules = AccessRules(default_permission=options.default_permission)
    whole = connect.access_of(shared.stores.tracking, rules)
    return whole if workspace is None else whole.in_workspace(workspace)


def _control(
    shared: _Shared, access: Access, openid: OpenIdConfiguration | None, workspace: str | None
) -> AccessControl:
    options, proxy = shared.options, None
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
        Files(shared.protection.names, artifact_root(options)),
        shared.hashing,
        options.static_prefix,
        proxy,
        ("password",) if openid is None else ("password", "openid"),
        workspace,
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


def _workers(
    options: ServerOptions, stores: Stores | None, environment: Settings
) -> list[Deliverer | Reaper | Collector]:
    """What goes on by itself while the server runs."""
    workers: list[Deliverer | Reaper | Collector] = []
    if stores is not None and isinstance(stores.registry, HasOutbox):
        workers.append(Deliverer(stores.registry.outbox, environment))
    if stores is not None and isinstance(stores.tracking, HasReaping):
        workers.append(Reaper(stores.tracking.reaping))
    folder = connect.local_folder(options.backend_store_uri)
    if stores is not None and folder is not None:
        workers.append(Collector(folder, environment))
    return workers


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


def _capabilities(shared: _Shared) -> dict[str, Any]:
    proxied = shared.proxied
    return {
        "store_type": None if shared.stores is None else "SqlStore",
        "workspaces_enabled": shared.options.enable_workspaces,
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


def _begin(workers: Iterable[Deliverer | Reaper | Collector]) -> None:
    for worker in workers:
        worker.start()


def _close(workers: Iterable[Deliverer | Reaper | Collector], stores: Stores | None) -> None:
    for worker in workers:
        worker.close()
    if stores is not None:
        stores.close()
