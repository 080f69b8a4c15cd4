"""How the requests of an endpoint are shared among its models, in whole percents."""

from __future__ import annotations

from collections.abc import Mapping

from millstream.errors import InvalidParameter

Shares = Mapping[str, int]


def scaled(shares: Shares, total: int) -> dict[str, int]:
    """The same proportions with another sum; whoever had nothing gets nothing.

    What does not come out even goes to those who lost most by rounding, then by id.
    """
    had = sum(shares.values())
    if had == 0 or total == 0:
        return {}
    exact = {key: share * total / had for key, share in shares.items()}
    found = {key: int(value) for key, value in exact.items()}
    by_loss = sorted(exact, key=lambda key: (found[key] - exact[key], key))
    for key in by_loss[: total - sum(found.values())]:
        found[key] += 1
    return {key: share for key, share in found.items() if share}


def with_share(others: Shares, key: str, share: int) -> dict[str, int]:
    """The split in which `key` has a share, and the others what is left, as they had it.

    If they had nothing, there is nobody to take it, which raises `InvalidParameter`.
    """
    if share < 100 and not any(others.values()):
        raise InvalidParameter(
            f"'traffic' is {share}, and no other model at the endpoint answers requests that could "
            f"take the other {100 - share} percent: leave it out, or say 100."
        )
    return {**scaled(others, 100 - share), **({key: share} if share else {})}


def split(text: str) -> dict[str, int]:
    """A split as it is written, such as `churn=90,other=10`; raises `InvalidParameter`."""
    found: dict[str, int] = {}
    for one in text.split(","):
        name, sign, share = one.partition("=")
        if not sign or not name or not (share.isascii() and share.isdecimal()) or name in found:
            raise InvalidParameter(f"'traffic' is {text!r}; it is written like churn=90,other=10.")
        found[name] = int(share[:4])
    if sum(found.values()) != 100:
        raise InvalidParameter(f"'traffic' is {text!r}; the shares make 100 together.")
    return found
