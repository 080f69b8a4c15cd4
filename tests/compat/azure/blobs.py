"""A storage account with one container, for the files of models."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from typing import Any

from tests.compat.azure.rules import Refused

CONTAINER = "azureml-blobstore"
_META = "x-ms-meta-"


class Blobs:
    """Blobs by their names, with the metadata that was set on them."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.permissions: set[str] = set()

    def answer(
        self, method: str, path: str, query: str, headers: Message, body: bytes
    ) -> tuple[int, dict[str, str], Any]:
        container, _, name = path.lstrip("/").partition("/")
        if container != CONTAINER:
            raise Refused(404, "ContainerNotFound", f"no container {container}")
        kind = "read" if method in ("HEAD", "GET") else "write"
        self.permissions.add(
            f"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{kind}"
        )
        if method == "HEAD":
            return self._looked(name)
        if method == "PUT" and query == "comp=metadata":
            content, _ = self.held[name]
            self.held[name] = content, _metadata(headers)
            return 200, {"ETag": '"2"'}, b""
        if method == "PUT" and not query and headers["x-ms-blob-type"] == "BlockBlob":
            if headers.get("If-None-Match") == "*" and name in self.held:
                raise Refused(409, "BlobAlreadyExists", name)
            self.held[name] = body, _metadata(headers)
            return 201, {"ETag": '"1"'}, b""
        raise Refused(400, "InvalidQueryParameterValue", f"{method} {path}?{query}")

    def _looked(self, name: str) -> tuple[int, dict[str, str], Any]:
        if name not in self.held:
            return 404, {"x-ms-error-code": "BlobNotFound"}, b""
        content, metadata = self.held[name]
        told = {f"{_META}{key}": value for key, value in metadata.items()}
        return 200, {"x-ms-blob-type": "BlockBlob", "ETag": '"1"', **told}, content


def _metadata(headers: Mapping[str, str] | Message) -> dict[str, str]:
    found = {key.lower(): value for key, value in headers.items()}
    return {key[len(_META) :]: value for key, value in found.items() if key.startswith(_META)}
