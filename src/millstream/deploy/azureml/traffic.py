"""How the requests to an endpoint are split among what is behind it, in percent."""

from __future__ import annotations

from collections.abc import Mapping

from millstream.errors import InvalidParameter

WHOLE = 100


def shared(traffic: Mapping[str, int], name: str, said: int | None) -> dict[str, int]:
    """The split that gives a deployment its share, and the others theirs of the rest.

    Without a share said it keeps the one that it has; a new one has all if it is alone, and
    otherwise none until somebody says. `traffic` gives the shares as they are, which add up to 100,
    or to 0. Shares that cannot be raise `InvalidParameter`.
    """
    others = {one: share for one, share in traffic.items() if one != name and share}
    if said is None:
        said = traffic.get(name, 0 if others else WHOLE)
    if not 0 <= said <= WHOLE:
        raise InvalidParameter(f"'traffic' is {said}; it is a share of 0 to {WHOLE}, in percent.")
    if not others and said not in (0, WHOLE):
        raise InvalidParameter(
            f"'traffic' is {said}, but nothing else behind the endpoint has a share: {name} takes "
            f"{WHOLE}, or 0."
        )
    return {name: said, **scaled(others, WHOLE - said)}


def without(traffic: Mapping[str, int], name: str) -> dict[str, int]:
    """The split when a deployment goes: the others have its share, as they have their own."""
    others = {one: share for one, share in traffic.items() if one != name and share}
    return scaled(others, WHOLE)


def scaled(shares: Mapping[str, int], total: int) -> dict[str, int]:
    """The shares in the same proportion, as whole numbers that add up to a total.

    What rounding leaves goes to those that it took most from.
    """
    whole = sum(shares.values())
    found = {one: share * total // whole for one, share in sorted(shares.items())}
    lost = {one: shares[one] * total % whole for one in found}
    for one in sorted(found, key=lambda one: -lost[one])[: total - sum(found.values())]:
        found[one] += 1
    return {one: share for one, share in found.items() if share}
