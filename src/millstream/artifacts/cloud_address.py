"""What a cloud URI and the clouds' own variables say about where a bucket is and how to enter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from millstream.artifacts import s3_credentials
from millstream.artifacts.s3_signature import Key
from millstream.errors import InvalidParameter, NotSupported

try:
    import obstore
    from obstore import exceptions as refusals
    from obstore.store import AzureStore, GCSStore, S3Store
except ModuleNotFoundError as error:
    raise NotSupported(
        "Artifacts in a cloud need the extra 'cloud': pip install 'millstream[cloud]'"
    ) from error

__all__ = ["CloudAddress", "obstore", "parse", "refusals"]

_S3 = ("s3", "s3a", "s3n")
_AZURE = ("az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs")
_TRUE = ("true", "1", "yes")


class CloudAddress(msgspec.Struct, frozen=True):
    """A bucket, the prefix in it, and the options of its client."""

    kind: type[Any]
    bucket: str
    prefix: str
    options: dict[str, Any]
    client_options: dict[str, Any]
    s3_endpoint: str | None = None
    s3_key: Key | None = None

    def open(self) -> Any:
        """The client of the bucket; `NotSupported` if it finds nothing to check certificates by."""
        try:
            return self.kind(self.bucket, client_options=self.client_options, **self.options)
        except refusals.BaseError as error:
            reason = " ".join(str(error).split())
            raise NotSupported(
                f"The bucket '{self.bucket}' cannot be asked from this machine: {reason}"
            ) from error


def parse(uri: str, variables: Mapping[str, str]) -> CloudAddress:
    """Understand a URI of S3, Google Cloud Storage or Azure; others raise `InvalidParameter`."""
    parts = urlsplit(uri)
    prefix = unquote(parts.path).strip("/")
    if not parts.netloc:
        raise InvalidParameter(f"Invalid artifact location '{uri}': the bucket is missing.")
    if parts.scheme in _S3:
        return _s3(parts.netloc, prefix, variables)
    if parts.scheme == "gs":
        return CloudAddress(GCSStore, parts.netloc, prefix, {}, {})
    if parts.scheme in _AZURE:
        return _azure(parts.netloc, prefix, variables)
    raise InvalidParameter(
        f"Invalid artifact location '{uri}': the scheme must be s3, gs, wasbs, abfss or az."
    )


def _s3(bucket: str, prefix: str, variables: Mapping[str, str]) -> CloudAddress:
    endpoint = _first(
        variables, "MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"
    )
    region = _first(variables, "AWS_REGION", "AWS_DEFAULT_REGION") or "us-east-1"
    options: dict[str, Any] = {"region": region}
    if endpoint:
        options["endpoint"] = endpoint.rstrip("/")
    else:
        options["checksum_algorithm"] = "SHA256"
    key = s3_credentials.find(variables, region)
    if key is not None:
        options |= {"access_key_id": key.key_id, "secret_access_key": key.secret}
        options |= {"session_token": key.session_token} if key.session_token else {}
    insecure = variables.get("MLFLOW_S3_IGNORE_TLS", "").lower() in _TRUE
    own = f"https://{bucket}.s3.{region}.amazonaws.com"
    return CloudAddress(
        S3Store,
        bucket,
        prefix,
        options,
        _client(endpoint, insecure=insecure),
        f"{options['endpoint']}/{bucket}" if endpoint else own,
        key,
    )


def _azure(netloc: str, prefix: str, variables: Mapping[str, str]) -> CloudAddress:
    container, _, host = netloc.rpartition("@")
    options: dict[str, Any] = {}
    if container:
        options["account_name"] = host.partition(".")[0]
    endpoint = _first(variables, "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
    return CloudAddress(AzureStore, container or host, prefix, options, _client(endpoint))


def _client(endpoint: str | None, *, insecure: bool = False) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if endpoint and endpoint.startswith("http://"):
        options["allow_http"] = True
    if insecure:
        options["allow_invalid_certificates"] = True
    return options


def _first(variables: Mapping[str, str], *names: str) -> str | None:
    return next((variables[name] for name in names if variables.get(name)), None)
