from __future__ import annotations

from pathlib import Path

import pytest

from millstream.artifacts import cloud_address, s3_credentials
from millstream.artifacts.s3_signature import Key
from millstream.errors import InvalidParameter

FILE = """\
# two people share a machine
[default]
aws_access_key_id = first
aws_secret_access_key=a%b=c

[other]
aws_access_key_id = second
aws_secret_access_key = hidden
aws_session_token = for an hour
[role]
role_arn = arn:aws:iam::1:role/r
"""
IN_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "given", "AWS_SECRET_ACCESS_KEY": "said"}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "credentials"
    path.write_text(FILE)
    return str(path)


def test_a_file_of_keys_is_read_by_profile(file: str) -> None:
    named = {"AWS_SHARED_CREDENTIALS_FILE": file}
    first, second = Key("first", "a%b=c", "r"), Key("second", "hidden", "r", "for an hour")
    assert s3_credentials.find(named, "r") == first
    assert s3_credentials.find({**named, "AWS_PROFILE": "other"}, "r") == second
    assert s3_credentials.find({**named, "AWS_PROFILE": "role"}, "r") is None
    assert s3_credentials.find({**named, "AWS_PROFILE": "absent"}, "r") is None


def test_the_environment_and_a_web_identity_come_first(file: str) -> None:
    named = {"AWS_SHARED_CREDENTIALS_FILE": file}
    assert s3_credentials.find({**named, **IN_ENVIRONMENT}, "r") == Key("given", "said", "r")
    assert s3_credentials.find({**named, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, "r") is None


def test_the_file_in_the_home_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert s3_credentials.find({}, "r") is None
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(FILE)
    address = cloud_address.parse("s3://bucket/prefix", {"AWS_PROFILE": "other"})
    assert address.s3_key == Key("second", "hidden", "us-east-1", "for an hour")
    known = {"access_key_id": "second", "secret_access_key": "hidden"}
    assert address.options.items() >= {**known, "session_token": "for an hour"}.items()


def test_a_file_that_was_named_has_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    named = {"AWS_SHARED_CREDENTIALS_FILE": str(path)}
    with pytest.raises(InvalidParameter, match="cannot be read"):
        s3_credentials.find(named, "r")
    path.write_text("aws_secret_access_key = hidden\n")
    with pytest.raises(InvalidParameter, match=r"sections such as \[default\]") as refused:
        s3_credentials.find(named, "r")
    assert "hidden" not in str(refused.value)
