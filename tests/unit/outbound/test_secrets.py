"""Secrets as they are kept."""

from __future__ import annotations

import importlib

import pytest
from cryptography.fernet import Fernet

from millstream.errors import InvalidParameter, InvalidState, NotSupported
from millstream.outbound.secrets import SecretBox

KEY, OTHER = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.mark.parametrize("secret", ["s3cret", "fernet:x", "plain:", "ünï"])
@pytest.mark.parametrize(
    "key", [None, KEY, f"{KEY}, {OTHER}"], ids=["no key", "one key", "two keys"]
)
def test_what_is_sealed_opens(secret: str, key: str | None) -> None:
    box = SecretBox(key)
    assert box.open(box.seal(secret)) == secret
    assert (secret in box.seal(secret)) == (key is None)


def test_keys_can_be_changed() -> None:
    kept = SecretBox(KEY).seal("s3cret")
    assert SecretBox(f"{OTHER},{KEY}").open(kept) == "s3cret"
    assert SecretBox(OTHER).open(SecretBox(f"{OTHER},{KEY}").seal("x")) == "x"
    assert SecretBox(KEY).open(SecretBox(None).seal("from before")) == "from before"
    for key in (OTHER, None):
        with pytest.raises(InvalidState, match="Put that key back"):
            SecretBox(key).open(kept)


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="must be a Fernet key"):
        SecretBox("no key")


def test_without_the_library_a_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(name)

    kept = SecretBox(KEY).seal("s3cret")
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(NotSupported, match=r"pip install 'millstream\[webhooks\]'"):
        SecretBox(KEY)
    with pytest.raises(InvalidState):
        SecretBox(None).open(kept)
