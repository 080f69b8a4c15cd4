"""What is shown of an address never has what lets somebody in, and else is the address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.masking import is_secret, shown


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("postgresql://ada:hunter2@db/t", "postgresql://ada:***@db/t"),
        ("mysql+pymysql://ada:p@ss@db:3306/t", "mysql+pymysql://ada:***@db:3306/t"),
        ("postgresql://ada:pa/ss@db/t", "postgresql://ada:***@db/t"),
        ("postgresql://ada:12#4@db/t", "postgresql://ada:***@db/t"),
        ("postgresql://me:p@ss:w/rd@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql://:secret@db/t", "postgresql://:***@db/t"),
        ("postgresql://ada@db/t?password=hunter2", "postgresql://ada@db/t?password=***"),
        ("postgresql://db/t?sslpassword=x&a=b", "postgresql://db/t?sslpassword=***&a=b"),
        ("https://ada:hunter2@ml.example/x", "https://ada:***@ml.example/x"),
        ("https://ghp_token@ml.example/x", "https://***@ml.example/x"),
        ("https://b.blob.example/c?sv=1&sig=abc%3D", "https://b.blob.example/c?sv=1&sig=***"),
        ("https://b/c?X-Amz-Signature=abc", "https://b/c?X-Amz-Signature=***"),
        (
            "https://hooks.example/x?access_token=t#top",
            "https://hooks.example/x?access_token=***#top",
        ),
    ],
)
def test_secrets_are_masked(uri: str, expected: str) -> None:
    assert shown(uri) == expected
    assert shown(expected) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "./mlruns",
        "/data/a@b:c",
        "sqlite:///a/b.db",
        "postgresql://ada@db:5432/t",
        "http://127.0.0.1:5000",
        "http://host:5000/a@b",
        "http://host:5000/a:b@c",
        "s3://bucket/a@b",
        "wasbs://container@account.blob.core.windows.net/x",
        "models:/house@champion",
        "https://ml.example/?experiment=1&sigma=2",
    ],
)
def test_everything_else_stays(uri: str) -> None:
    assert shown(uri) == uri


LETTERS = st.text(st.characters(codec="ascii", exclude_characters="*"), min_size=1)


@given(LETTERS)
def test_no_password_is_shown_whatever_is_in_it(password: str) -> None:
    assert shown(f"postgresql://ada:{password}@db.example/t") == "postgresql://ada:***@db.example/t"


def test_names_of_secrets() -> None:
    secret = ("tracking_password", "tracking_token", "webhook_secret_encryption_key")
    assert all(map(is_secret, secret))
    assert not any(map(is_secret, ("tracking_uri", "experiment_name", "run_id")))
