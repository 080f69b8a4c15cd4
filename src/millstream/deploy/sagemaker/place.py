"""Where in Amazon's cloud: a region, and the role whose permissions are used, if one is named.

| target URI | means |
| --- | --- |
| `sagemaker` | the region of the environment or profile, or else `us-west-2`, as MLflow has it |
| `sagemaker:/REGION` | this region |
| `sagemaker:/REGION/ARN` | this region, with the permissions of a role |
"""

from __future__ import annotations

import re

import msgspec

from millstream.errors import InvalidParameter

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,16}){1,3}-[0-9]{1,2}")
_ROLE = re.compile(r"arn:aws[a-z-]{0,16}:iam::[0-9]{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)


class Place(msgspec.Struct, frozen=True):
    """A region, or None for that of the environment, and the ARN of a role to assume."""

    region: str | None = None
    role: str | None = None

    @classmethod
    def of(cls, target_uri: str) -> Place:
        """The place that a target URI names; another form raises `InvalidParameter`."""
        region, _, role = target_uri.partition(":")[2].strip("/").partition("/")
        return cls(checked_region(region) if region else None, checked_role(role) if role else None)


def checked_region(region: str) -> str:
    """The name of a region; it becomes part of a host's name."""
    if not _REGION.fullmatch(region):
        raise InvalidParameter(
            f"{region!r} is no region of AWS, such as eu-west-1; a target is written "
            "sagemaker, sagemaker:/REGION or sagemaker:/REGION/ARN-OF-A-ROLE."
        )
    return region


def checked_role(role: str, what: str = "The role to assume") -> str:
    """The ARN of a role of IAM."""
    if not _ROLE.fullmatch(role):
        raise InvalidParameter(
            f"{what} is {role!r}; it is an ARN such as arn:aws:iam::123456789012:role/NAME."
        )
    return role
