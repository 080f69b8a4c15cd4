"""What is shown of an address never has what lets somebody in, and else is the address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.masking import command_line, is_secret, shown, without_secrets


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


KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nAAAA\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AKIAIOSFODNN7EXAMPLE is it", "*** is it"),
        (f"ghp_{'a1' * 18} and github_pat_{'b' * 30}", "*** and ***"),
        (f"hf_{'x' * 34}", "***"),
        (f"key sk-ant-{'a' * 40}.", "key ***."),
        (f"ms_0123456789abcdef_{'s' * 43}", "***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlMTIz", "***"),
        ("postgres://ada:hunter2@db/t", "postgres://ada:***@db/t"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer ***"),
        (KEY, "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"),
        ("+export AWS_SECRET_ACCESS_KEY=abcd/efgh", "+export AWS_SECRET_ACCESS_KEY=***"),
        ("PASSWORD=abcd", "PASSWORD=***"),
        ('password = "hunter2"', 'password = "***"'),
        ("{'db_password': 'x y'}", "{'db_password': '***'}"),
        ('os.environ["API_TOKEN"] = "abc"', 'os.environ["API_TOKEN"] = "***"'),
        ("api_key: 9f8e7d6c5b4a", "api_key: ***"),
    ],
)
def test_secrets_in_texts_are_masked(text: str, expected: str) -> None:
    assert without_secrets(text) == expected
    assert without_secrets(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "token = tokenizer.next()",
        "token: str = None",
        "max_tokens=4096, tokens: 12",
        "MAX_TOKENS=4096",
        "epoch 3 token_loss: 0.123",
        "secret_key=settings.secret",
        "password=get_password(1)",
        "step 10 loss 0.5 https://example.org/a?b=c",
        "keyboard: us1234567",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


def test_words_of_a_command() -> None:
    words = ["train.py", "--token", "abc", "--api-key=k", "http://u:p@h/", "--max-tokens", "3"]
    expected = ["train.py", "--token", "***", "--api-key=***", "http://u:***@h/"]
    assert command_line([*words, "--password"]) == [*expected, "--max-tokens", "3", "--password"]
    assert command_line(["--password", "--verbose", "x"]) == ["--password", "--verbose", "x"]


@given(st.text(max_size=200))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = without_secrets(text)
    assert without_secrets(once) == once


def test_long_texts_take_no_longer_than_their_length() -> None:
    for text in ("a-" * 20_000, "token" * 8_000, "x" * 40_000, "://" * 10_000, "key" * 10_000):
        assert without_secrets(text) == text
