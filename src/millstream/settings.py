"""One frozen struct; the only reader of the environment (MILLSTREAM_*, and MLFLOW_* as alias)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, get_type_hints

import msgspec
from msgspec import inspect

from millstream.errors import InvalidParameter
from millstream.masking import MASK, is_secret, shown


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment says. A field `x` is read from MILLSTREAM_X, else from MLFLOW_X.

    Durations are in seconds, sizes in bytes.
    """

    tracking_uri: str | None = None
    """Where scripts and commands log to: a folder, a database URI, or a server."""
    registry_uri: str | None = None
    """Where models are registered, if not there."""
    tracking_username: str | None = None
    """The user name that a server asks for."""
    tracking_password: str | None = None
    """The password that goes with it."""
    tracking_token: str | None = None
    """A bearer token, used instead of user name and password."""
    tracking_insecure_tls: bool = False
    """Accept any certificate of a server; only for tests."""
    tracking_server_cert_path: str | None = None
    """A file of certificates, or a rehashed folder of them, to trust instead of the system's."""
    tracking_client_cert_path: str | None = None
    """A file with certificate and key to show to the server."""
    workspace: str | None = None
    """The workspace to work in; the server's `default` if unset."""
    experiment_name: str | None = None
    """The experiment of new runs, by name; created if absent."""
    experiment_id: str | None = None
    """The experiment of new runs, by id."""
    run_id: str | None = None
    """The run that the next `start_run` resumes."""
    share_run: bool = False
    """Let all processes of a job meet in one run: in `run_id`, or in one of the job's own."""
    rank: int | None = None
    """The number of this process among those that share its run; 0 owns the run's status."""
    detect_rank: bool = True
    """Take the rank from torchrun, MPI or Slurm where the environment says to share a run."""
    run_name: str | None = None
    """The name of the next run."""
    run_context: str | None = None
    """A JSON object of tags for every new run."""
    heartbeat_interval: float = 15.0
    """How often a process says that its runs are alive; 0: never, and nobody ends them for it."""
    run_lease: float = 60.0
    """How long after that a run counts as lost; at least twice `heartbeat_interval`."""
    http_request_timeout: float = 120.0
    """How long to wait for an answer of a server."""
    http_request_max_retries: int = 7
    """How often to try again when a server is busy or away."""
    http_request_backoff_factor: float = 2.0
    """How the pause grows from one try to the next."""
    http_request_backoff_jitter: float = 1.0
    """The random part of that pause."""
    enable_async_logging: bool = False
    """Let params and tags be logged without waiting, as metrics are."""
    suppress_printing_url_to_stdout: bool = False
    """Do not print the address of a run when it ends."""
    capture: str = "all"
    """What runs record unasked: `console,git,packages,machine,system_metrics`, `all` or `none`."""
    console_max_bytes: int = 10_000_000
    """How much console output each process of a run keeps."""
    enable_system_metrics_logging: bool | None = None
    """Whether runs record the machine's load; unset, as `capture` says."""
    system_metrics_sampling_interval: float = 10.0
    """How many seconds lie between two samples of the machine's load."""
    system_metrics_samples_before_logging: int = 1
    """How many samples are averaged into one point."""
    system_metrics_node_id: str | None = None
    """What these points are told apart by in a run of many machines: `system/<node>/…`."""
    allow_pickle: bool = True
    """Load models that contain pickled objects, which can execute code."""
    default_prediction_device: str | None = None
    """The device models of PyTorch predict on, as `cpu` or `cuda:0` (default: a GPU, if any)."""
    record_env_vars_in_model_logging: bool = True
    """Record the names of the environment's keys that a model reads for its input example."""
    requirements_inference_timeout: float = 120.0
    """How long a model may take to be loaded and asked when its requirements are observed."""
    uv_auto_detect: bool = True
    """Take the requirements of models from the lock file of uv in the current folder."""
    log_uv_files: bool = True
    """Keep the files of such a project with the model."""
    artifact_location_max_length: int = 2048
    """The longest location an experiment may have, in characters."""
    create_model_version_source_validation_regex: str | None = None
    """A regular expression that the source of every registered version has to match."""
    exit_wait: float = 10.0
    """How long the end of a script waits for what is still on its way."""
    store_away: Literal["spool", "warn", "raise"] = "spool"
    """While the store is away: keep what is logged (`spool`), leave it out (`warn`), or `raise`."""
    no_progress: bool = False
    """Show no progress bars."""
    env_root: str | None = None
    """The folder for environments made for models (default: in the cache folder)."""
    container_engine: Literal["docker", "podman", "buildah"] | None = None
    """The program that runs containers (default: the first of them on PATH)."""
    deployments_target: str | None = None
    """The target of deployments where none is named, such as `kubernetes`."""
    sagemaker_deploy_img_url: str | None = None
    """The image of deployments to SageMaker where none is named."""
    disable_env_creation: bool = False
    """Make no environments: whatever a model asks for, the present one is used."""
    state_home: str | None = None
    """The folder for journals of runs whose store is no folder."""
    config_home: str | None = None
    """The folder for what `millstream login` keeps."""
    cache_home: str | None = None
    """The folder for what can be made again."""
    webhook_allowed_schemes: str = "https"
    """By which schemes webhooks may be called, with commas: `https,http`."""
    webhook_allow_private_ips: bool = False
    """Let webhooks call any address, this machine and its neighbours included; only for tests."""
    webhook_allowed_networks: str | None = None
    """Networks that webhooks may call beside public addresses, with commas: `10.1.0.0/16`."""
    webhook_server_cert_path: str | None = None
    """A file of certificates that webhooks trust instead of the system's."""
    webhook_request_timeout: float = 30.0
    """How long the receiver of a webhook may take to answer."""
    webhook_request_max_retries: int = 12
    """How often a webhook's delivery is tried again before it is given up; 12 take four hours."""
    webhook_delivery_max_workers: int = 10
    """How many webhooks a server process calls at once."""
    webhook_log_days: int = 30
    """After how many days finished deliveries of webhooks leave the log."""
    webhook_secret_encryption_key: str | None = None
    """A Fernet key with which the secrets of webhooks are kept; several with commas, to change."""
    database_password_file: str | None = None
    """A file with the password of database URIs that name a user and no password."""
    ssl_keyfile_password: str | None = None
    """The password of the key that a server is started with, if it is encrypted."""
    oidc_issuer: str | None = None
    """The OpenID provider at which people sign in to a server, by its issuer: `https://…`."""
    oidc_client_id: str | None = None
    """The id by which that provider knows the server."""
    oidc_client_secret: str | None = None
    """The secret that goes with it."""
    oidc_client_secret_file: str | None = None
    """A file that holds this secret instead."""
    oidc_scopes: str = "openid profile email"
    """What the provider is asked to tell, separated by spaces."""
    oidc_username_claim: str = "preferred_username"
    """The claim that becomes the username; `email` counts only if the provider has verified it."""
    oidc_groups_claim: str | None = None
    """The claim that names a person's groups; each becomes `oidc:<name>` here."""
    oidc_groups: str = "*"
    """Which of them count, with commas and `*` for anything: `ml-*,research`."""
    oidc_administrators_group: str | None = None
    """The provider's group whose members are administrators, and nobody else who comes from it."""
    oidc_required_claims: str | None = None
    """Claims that a person must have, with commas: `hd=example.com,groups=ml`."""
    oidc_create_users: bool = False
    """Make users of people who sign in for the first time, instead of refusing them."""
    oidc_link_users: bool = False
    """Let people take over a user of their name that has a password, at their first sign-in."""
    oidc_server_cert_path: str | None = None
    """A file of certificates to trust the provider by, instead of the system's."""
    oidc_request_timeout: float = 10.0
    """How long the provider may take to answer."""
    auth_admin_username: str = "admin"
    """What the first administrator is called that is made of `auth_admin_password`."""
    auth_admin_password: str | None = None
    """The password of the first administrator of a server, instead of a link to choose one."""
    notebook: str | None = None
    """The notebook that the code runs in, as Jupyter says."""

    def __repr__(self) -> str:
        """What differs from the defaults, and of secrets only that they are set."""
        given = (
            f"{name}={_told(name, value)}"
            for name, default in zip(self.__struct_fields__, self.__struct_defaults__, strict=True)
            if (value := getattr(self, name)) != default
        )
        return f"Settings({', '.join(given)})"


def _told(name: str, value: object) -> str:
    return repr(MASK if is_secret(name) else shown(value) if isinstance(value, str) else value)


_MLFLOW_NAMES = {
    "allow_pickle": "MLFLOW_ALLOW_PICKLE_DESERIALIZATION",
    "cache_home": "XDG_CACHE_HOME",
    "config_home": "XDG_CONFIG_HOME",
    "state_home": "XDG_STATE_HOME",
    "notebook": "JPY_SESSION_NAME",
}


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; a value that cannot be understood raises `InvalidParameter`."""
    # There are fewer variables than settings, and a look at one that is absent is slow: `client/`
    # asks several times for each param that is logged.
    given = dict.fromkeys(_FIELDS[variable] for variable in environ if variable in _FIELDS)
    found: dict[str, str] = {}
    for name in given:
        value = environ.get(f"MILLSTREAM_{name.upper()}") or environ.get(alias(name))
        if value:
            found[name] = value
    if not found:
        return _DEFAULTS
    return _convert(found, environ)


def alias(name: str) -> str:
    """The second variable that a setting is read from: MLflow's, or that of the system."""
    return _MLFLOW_NAMES.get(name, f"MLFLOW_{name.upper()}")


class Launched(msgspec.Struct, frozen=True):
    """What a launcher says of a process: its number, of how many, and its number on its machine."""

    rank: int
    processes: int
    local_rank: int | None = None


def launched(environ: Mapping[str, str] = os.environ) -> Launched | None:
    """What torchrun, MPI or Slurm says of this process, if it is one of several."""
    for names in _RANKS:
        rank, processes, local_rank = (_number(environ.get(name)) for name in names)
        if rank is not None and processes is not None and rank < processes > 1:
            return Launched(rank, processes, local_rank)
    return None


def job(environ: Mapping[str, str] = os.environ) -> str | None:
    """What names the job that this process is one of, the same in all of its processes."""
    for names in _JOBS:
        found = [environ.get(name, "") for name in names]
        if found[0] not in _NO_JOB:
            return ":".join((names[0], *found))
    return None


def cloud_variables(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables by which the clouds' own tools, and MLflow for S3, are configured."""
    return {name: value for name, value in environ.items() if name.startswith(_CLOUDS) and value}


def process_variables(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """All variables, as a program that is started inherits them."""
    return dict(environ)


def export(name: str, value: str) -> None:
    """Set a setting for this process and those that it starts."""
    for prefix in ("MLFLOW_", "MILLSTREAM_"):
        if prefix == "MLFLOW_" or prefix + name in os.environ:
            os.environ[prefix + name] = value


def adopt(variables: Mapping[str, str]) -> None:
    """Take over variables as if this process had been started with them."""
    os.environ.update(variables)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else None


# The rank, the number of processes, and the rank on the machine: torchrun and what is built on it,
# Open MPI, MPICH and Intel MPI, Slurm.
_RANKS = (
    ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
    ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
)
_JOBS = (
    ("TORCHELASTIC_RUN_ID",),
    ("PMIX_NAMESPACE",),
    ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_CLUSTER_NAME"),
)
_NO_JOB = ("", "none")  # torchrun says "none" where nobody gave its job an id

_CLOUDS = ("AWS_", "AZURE_", "GOOGLE_", "MLFLOW_S3_")
_DEFAULTS = Settings()
_FIELDS = {
    variable: name
    for name in Settings.__struct_fields__
    for variable in (f"MILLSTREAM_{name.upper()}", alias(name))
}


_EXPECTED = {
    inspect.FloatType: "a number",
    inspect.IntType: "a whole number",
    inspect.BoolType: "`true` or `false`",
}


def _convert(found: dict[str, str], environ: Mapping[str, str]) -> Settings:
    try:
        return msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as error:
        wrong = next(name for name in found if not _is_understood(name, found[name]))
        own = f"MILLSTREAM_{wrong.upper()}"
        variable = own if environ.get(own) else alias(wrong)
        raise InvalidParameter(
            f"the environment variable {variable} is {_told(wrong, found[wrong])}; "
            f"expected {_expected(wrong)}"
        ) from error


def _is_understood(name: str, value: str) -> bool:
    try:
        msgspec.convert({name: value}, Settings, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def _expected(name: str) -> str:
    found = inspect.type_info(get_type_hints(Settings)[name])
    types = found.types if isinstance(found, inspect.UnionType) else (found,)
    for each in types:
        if isinstance(each, inspect.LiteralType):
            return "one of " + ", ".join(f"`{value}`" for value in each.values)
    return next(_EXPECTED[type(each)] for each in types if type(each) in _EXPECTED)
