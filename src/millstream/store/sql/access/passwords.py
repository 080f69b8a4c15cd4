"""Passwords, hashed by argon2id."""

from __future__ import annotations

import threading
from typing import NamedTuple

import argon2
import msgspec
from argon2.exceptions import InvalidHashError, VerificationError

from millstream.entities.access_validation import LONGEST_PASSWORD
from millstream.store.sql.access.proofs import new_secret

_MOST_AT_ONCE = 4


class HashingCost(msgspec.Struct, frozen=True):
    """What one hash costs: passes over that much memory, in KiB, in that many lanes."""

    passes: int = 2
    memory: int = 19 * 1024
    lanes: int = 1


class Verdict(NamedTuple):
    """Whether a password is right; `rehashed` is its hash if the kept one has another cost."""

    is_right: bool
    rehashed: str | None = None


class Passwords:
    """Hashes passwords and checks them, at most four at once, so that memory stays bounded."""

    def __init__(self, cost: HashingCost) -> None:
        self._hasher = argon2.PasswordHasher(cost.passes, cost.memory, cost.lanes)
        self.slots = threading.BoundedSemaphore(_MOST_AT_ONCE)
        # What nobody's password is held against costs the same as what somebody's is.
        self._nobody = self._hasher.hash(new_secret())

    def hash(self, password: str) -> str:
        """The text to keep, which names salt and cost."""
        with self.slots:
            return self._hasher.hash(_as_bytes(password))

    def check(self, password: str, kept: str | None) -> Verdict:
        """Hold a password against what is kept; of nobody (None) it is wrong after the same work.

        The caller holds one of the `slots`.
        """
        given = _as_bytes(password[: LONGEST_PASSWORD + 1])
        try:
            self._hasher.verify(kept or self._nobody, given)
        except (VerificationError, InvalidHashError):
            return Verdict(False)
        if kept is None:
            return Verdict(False)
        outdated = self._hasher.check_needs_rehash(kept)
        return Verdict(True, self._hasher.hash(given) if outdated else None)


def _as_bytes(password: str) -> bytes:
    """UTF-8; half characters, which only malformed requests have, count as they are."""
    return password.encode(errors="surrogatepass")
