"""Uploads in parts straight to S3: begun and ended here, the parts sent by whoever has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

import urllib3

from millstream.artifacts.s3_signature import Key, signed
from millstream.entities.artifacts import MultipartCredential, MultipartPart, MultipartUpload
from millstream.errors import InvalidParameter, NotFound, Unavailable

_OWN_SECONDS = 300
_MOST_PARTS = 10_000


class S3Parts:
    """Uploads into one bucket; `endpoint` is the bucket's base URL."""

    def __init__(self, endpoint: str, key: Key) -> None:
        self._endpoint = endpoint
        self._key = key
        self._pool = urllib3.PoolManager(timeout=60.0, retries=3)

    def begin(self, name: str, num_parts: int, seconds: int) -> MultipartUpload:
        """Begin the upload of an object; the addresses of its parts are valid for `seconds`."""
        if not 1 <= num_parts <= _MOST_PARTS:
            raise InvalidParameter(
                f"Invalid value {num_parts} for parameter 'num_parts' supplied. It must be between "
                f"1 and {_MOST_PARTS}"
            )
        answer = self._call("POST", name, {"uploads": ""})
        found = Xml.fromstring(answer).find("{*}UploadId")  # noqa: S314 - from our own bucket
        upload_id = found.text if found is not None else None
        if not upload_id:
            raise Unavailable(f"S3 gave no upload id for '{name}'")
        credentials = [
            MultipartCredential(
                url=self._address(
                    "PUT", name, {"partNumber": str(number), "uploadId": upload_id}, seconds
                ),
                part_number=number,
            )
            for number in range(1, num_parts + 1)
        ]
        return MultipartUpload(upload_id=upload_id, credentials=credentials)

    def complete(self, name: str, upload_id: str, parts: Sequence[MultipartPart]) -> None:
        """Turn the parts into the object."""
        listed = "".join(
            f"<Part><PartNumber>{part.part_number}</PartNumber><ETag>{escape(part.etag)}</ETag></Part>"
            for part in sorted(parts, key=lambda part: part.part_number)
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        answer = self._call("POST", name, {"uploadId": upload_id}, body)
        if b"<Error>" in answer:  # S3 may report an error after it has answered 200
            raise Unavailable(f"S3 could not complete '{name}': {answer[:500].decode()}")

    def abort(self, name: str, upload_id: str) -> None:
        """Forget the parts; twice is the same as once."""
        try:
            self._call("DELETE", name, {"uploadId": upload_id})
        except NotFound:
            return

    def _call(self, method: str, name: str, query: dict[str, str], body: bytes = b"") -> bytes:
        address = self._address(method, name, query, _OWN_SECONDS)
        try:
            answer = self._pool.request(method, address, body=body)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"S3 cannot be reached for '{name}': {error}") from error
        if answer.status == 404:
            raise NotFound(f"S3 knows no such upload of '{name}'")
        if answer.status >= 300:
            text = answer.data[:500].decode("utf-8", "replace")
            raise Unavailable(f"S3 refused the upload of '{name}' with {answer.status}: {text}")
        return answer.data

    def _address(self, method: str, name: str, query: dict[str, str], seconds: int) -> str:
        url = f"{self._endpoint}/{quote(name, safe='/-_.~')}"
        return signed(self._key, method, url, query, seconds, datetime.now(UTC))
