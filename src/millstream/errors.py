"""One exception tree; each class knows its MLflow error code and HTTP status.

    MillstreamError              INTERNAL_ERROR            500
    ├── InvalidParameter         INVALID_PARAMETER_VALUE   400
    ├── BadRequest               BAD_REQUEST               400
    ├── AlreadyExists            RESOURCE_ALREADY_EXISTS   400
    ├── NotFound                 RESOURCE_DOES_NOT_EXIST   404
    ├── EndpointNotFound         ENDPOINT_NOT_FOUND        404
    ├── Unauthenticated          UNAUTHENTICATED           401
    ├── PermissionDenied         PERMISSION_DENIED         403
    ├── Conflict                 RESOURCE_CONFLICT         409
    ├── LimitExceeded            REQUEST_LIMIT_EXCEEDED    429
    ├── InvalidState             INVALID_STATE             500
    ├── NotSupported             NOT_IMPLEMENTED           501
    ├── Unavailable              TEMPORARILY_UNAVAILABLE   503
    └── ExecutionException       INTERNAL_ERROR            500

The codes, their numbers and statuses are those of MLflow's protocol.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

CODE_NUMBERS: dict[str, int] = {
    "INTERNAL_ERROR": 1,
    "TEMPORARILY_UNAVAILABLE": 2,
    "IO_ERROR": 3,
    "BAD_REQUEST": 4,
    "INVALID_PARAMETER_VALUE": 1000,
    "ENDPOINT_NOT_FOUND": 1001,
    "MALFORMED_REQUEST": 1002,
    "INVALID_STATE": 1003,
    "PERMISSION_DENIED": 1004,
    "FEATURE_DISABLED": 1005,
    "CUSTOMER_UNAUTHORIZED": 1006,
    "REQUEST_LIMIT_EXCEEDED": 1007,
    "RESOURCE_CONFLICT": 1008,
    "UNPARSEABLE_HTTP_ERROR": 1009,
    "NOT_IMPLEMENTED": 1010,
    "DATA_LOSS": 1011,
    "RESOURCE_ALREADY_EXISTS": 3001,
    "RESOURCE_DOES_NOT_EXIST": 3002,
    "QUOTA_EXCEEDED": 4001,
    "RESOURCE_EXHAUSTED": 5004,
    "UNAUTHENTICATED": 8,
    "ABORTED": 9,
    "NOT_FOUND": 10,
    "ALREADY_EXISTS": 11,
    "CANCELLED": 12,
    "DEADLINE_EXCEEDED": 13,
}

CODE_STATUSES: dict[str, int] = {
    "INVALID_PARAMETER_VALUE": 400,
    "BAD_REQUEST": 400,
    "MALFORMED_REQUEST": 400,
    "RESOURCE_ALREADY_EXISTS": 400,
    "CUSTOMER_UNAUTHORIZED": 401,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "NOT_FOUND": 404,
    "ENDPOINT_NOT_FOUND": 404,
    "ABORTED": 409,
    "RESOURCE_CONFLICT": 409,
    "ALREADY_EXISTS": 409,
    "REQUEST_LIMIT_EXCEEDED": 429,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "NOT_IMPLEMENTED": 501,
    "TEMPORARILY_UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class MillstreamError(Exception):
    """The root of all errors that Millstream raises on purpose.

    `message` says what was wrong, with the value, and what would be right. `error_code` is the
    name of MLflow's error code; a name or number may be given where the class does not fix it.
    """

    default_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(
        self, message: object = "", error_code: str | int | None = None, **json_kwargs: Any
    ) -> None:
        self.message = str(message)
        self.error_code = _code_name(error_code) if error_code is not None else self.default_code
        self.json_kwargs = json_kwargs
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """The HTTP status that carries this error."""
        return CODE_STATUSES.get(self.error_code, 500)

    @property
    def sqlstate(self) -> str:
        """MLflow's five-letter state, derived from the status."""
        return "XXM00" if self.status >= 500 else "KAM00"

    @property
    def error_class(self) -> str:
        """MLflow's coarse class name, derived from the code."""
        if self.status >= 500:
            return "CLIENT_INTERNAL_ERROR"
        return _ERROR_CLASSES.get(self.error_code, self.error_code)

    def get_http_status_code(self) -> int:
        """MLflow's name for `status`."""
        return self.status

    @property
    def json(self) -> dict[str, Any]:
        """MLflow's name for `to_wire` on errors that came from a server."""
        return self.to_wire()

    def serialize_as_json(self) -> str:
        """The JSON text that a server answers with."""
        return json.dumps(self.to_wire())

    @classmethod
    def invalid_parameter_value(cls, message: str, **json_kwargs: Any) -> MillstreamError:
        """The error for a value that is not acceptable."""
        return cls(message, "INVALID_PARAMETER_VALUE", **json_kwargs)

    def to_wire(self) -> dict[str, Any]:
        """The JSON object that a server answers with."""
        return {
            "error_code": self.error_code,
            "message": self.message,
            "sqlstate": self.sqlstate,
            "error_class": self.error_class,
            **self.json_kwargs,
        }


_ERROR_CLASSES = {
    "BAD_REQUEST": "INVALID_PARAMETER_VALUE",
    "RESOURCE_DOES_NOT_EXIST": "RESOURCE_NOT_FOUND",
    "NOT_FOUND": "RESOURCE_NOT_FOUND",
    "ENDPOINT_NOT_FOUND": "RESOURCE_NOT_FOUND",
}


class InvalidParameter(MillstreamError):
    """A value that was given is not acceptable."""

    default_code = "INVALID_PARAMETER_VALUE"


class BadRequest(MillstreamError):
    """The request as a whole cannot be understood."""

    default_code = "BAD_REQUEST"


class AlreadyExists(MillstreamError):
    """Something of that name exists, active or deleted."""

    default_code = "RESOURCE_ALREADY_EXISTS"


class NotFound(MillstreamError):
    """What was asked for does not exist."""

    default_code = "RESOURCE_DOES_NOT_EXIST"


class EndpointNotFound(MillstreamError):
    """The server has no such route."""

    default_code = "ENDPOINT_NOT_FOUND"


class Unauthenticated(MillstreamError):
    """The server does not know who asks."""

    default_code = "UNAUTHENTICATED"


class PermissionDenied(MillstreamError):
    """Whoever asks may not do this."""

    default_code = "PERMISSION_DENIED"


class Conflict(MillstreamError):
    """Somebody else changed the same thing first."""

    default_code = "RESOURCE_CONFLICT"


class LimitExceeded(MillstreamError):
    """Too much at once; try again later or with less."""

    default_code = "REQUEST_LIMIT_EXCEEDED"


class InvalidState(MillstreamError):
    """The thing exists but is in a state that forbids the operation."""

    default_code = "INVALID_STATE"


class NotSupported(MillstreamError):
    """This server, store or installation cannot do that; the message says what can."""

    default_code = "NOT_IMPLEMENTED"


class Unavailable(MillstreamError):
    """The store or server cannot be reached at the moment."""

    default_code = "TEMPORARILY_UNAVAILABLE"


class ExecutionException(MillstreamError):
    """The code of a project has failed; the name is MLflow's."""


_BY_CODE: dict[str, type[MillstreamError]] = {
    kind.default_code: kind
    for kind in MillstreamError.__subclasses__()
    if "default_code" in vars(kind)
}
_NAMES = {number: name for name, number in CODE_NUMBERS.items()}


def from_code(error_code: str, message: str) -> MillstreamError:
    """The error for an `error_code` that came over the wire."""
    kind = _BY_CODE.get(error_code, MillstreamError)
    return kind(message, error_code)


def _code_name(error_code: str | int) -> str:
    if isinstance(error_code, str):
        return error_code
    return _NAMES.get(error_code, "INTERNAL_ERROR")
