"""A model's files in S3, as one archive whose key says what is in it.

SageMaker unpacks `model.tar.gz` into /opt/ml/model (docs.aws.amazon.com/sagemaker/latest/dg,
"Use your own inference code with hosting services").
"""

from __future__ import annotations

import gzip
import re
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from millstream.deploy.resources import Resource
from millstream.deploy.sagemaker import names
from millstream.deploy.sagemaker.aws import Aws, told
from millstream.errors import InvalidParameter, NotFound
from millstream.model_format.digests import COMPILED, MANIFEST, file_digests

KIND = "ModelArchive"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_URL = re.compile(r"s3://([^/]+)/(.+/[0-9a-f]{16}/model\.tar\.gz)")


class Archives:
    """The archives of models in S3."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._folders: dict[str, Path] = {}
        self._made: set[str] = set()

    def wanted(self, deployment: str, model: Path, bucket: str | None) -> Resource:
        """The archive of a model, which `make` can then make."""
        told_of = (names.digest((model / MANIFEST).read_text("utf-8")), file_digests(model))
        key = f"{names.prefix(deployment)}/{names.digest(told_of)}/model.tar.gz"
        url = f"s3://{_checked(bucket) if bucket else self.default_bucket}/{key}"
        self._folders[url] = model
        return Resource(KIND, url, {})

    @property
    def default_bucket(self) -> str:
        """The bucket that MLflow uses if none is named."""
        return f"mlflow-sagemaker-{self._aws.region}-{self._aws.identity['Account']}"

    def present(self, urls: Iterable[str], deployment: str) -> list[Resource]:
        """Those of a deployment's archives, among what its models name, that are there."""
        own = [url for url in dict.fromkeys(urls) if _is_of(url, deployment)]
        return [Resource(KIND, url, {}) for url in own if self._is_there(url)]

    def make(self, url: str) -> None:
        """Write an archive; the bucket, too, if it is the default one and not there yet."""
        bucket, key = _split(url)
        if bucket == self._default_if_known(bucket):
            self._make_bucket(bucket)
        with tempfile.TemporaryFile() as file, told(f"s3:PutObject of {url}"):
            _pack(self._folders[url], file)
            file.seek(0)
            try:
                self._aws.client("s3").upload_fileobj(file, bucket, key)
            except Exception as error:
                self._drop_bucket(bucket)
                raise _cause(error) from error

    def remove(self, url: str) -> None:
        """Remove an archive, and the bucket if it was made for it a moment ago."""
        bucket, key = _split(url)
        self._aws.ask("s3", "delete_object", Bucket=bucket, Key=key)
        self._drop_bucket(bucket)

    def _is_there(self, url: str) -> bool:
        bucket, key = _split(url)
        try:
            self._aws.ask("s3", "head_object", Bucket=bucket, Key=key)
        except NotFound:
            return False
        return True

    def _default_if_known(self, bucket: str) -> str | None:
        """The default bucket, asked for only if the name is of its form."""
        return self.default_bucket if bucket.startswith("mlflow-sagemaker-") else None

    def _make_bucket(self, bucket: str) -> None:
        account = self._aws.identity["Account"]
        try:  # a bucket of this name that somebody else was quicker to make gets no model of ours
            self._aws.ask("s3", "head_bucket", Bucket=bucket, ExpectedBucketOwner=account)
        except NotFound:
            where = {"CreateBucketConfiguration": {"LocationConstraint": self._aws.region}}
            said = {} if self._aws.region == "us-east-1" else where
            self._aws.ask("s3", "create_bucket", Bucket=bucket, **said)
            self._made.add(bucket)

    def _drop_bucket(self, bucket: str) -> None:
        if bucket in self._made:
            self._aws.ask("s3", "delete_bucket", Bucket=bucket)
            self._made.discard(bucket)


def _pack(folder: Path, target: IO[bytes]) -> None:
    """Write the files of a folder as tar.gz; the same files give the same bytes."""
    with (
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=target, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            if COMPILED not in path.parts:
                about = tarfile.TarInfo(path.relative_to(folder).as_posix())
                about.size, about.mode = path.stat().st_size, 0o644
                with path.open("rb") as file:
                    tar.addfile(about, file)


def _is_of(url: str, deployment: str) -> bool:
    found = _URL.fullmatch(url)
    return found is not None and found[2].startswith(f"{names.prefix(deployment)}/")


def _split(url: str) -> tuple[str, str]:
    found = _URL.fullmatch(url)
    if found is None:
        raise InvalidParameter(f"{url!r} is no archive of a model of ours in S3.")
    return found[1], found[2]


def _checked(bucket: str) -> str:
    if not _BUCKET.fullmatch(bucket):
        raise InvalidParameter(
            f"'bucket' is {bucket!r}; it is the name of a bucket of S3, of 3 to 63 small letters, "
            "digits, '-' and '.'."
        )
    return bucket


def _cause(error: Exception) -> Exception:
    """What boto3 says of an upload wraps what S3 said."""
    inner = error.__context__ or error.__cause__
    if type(error).__name__ == "S3UploadFailedError" and isinstance(inner, Exception):
        return inner
    return error
