"""MLflow's names of the errors: its root is ours, so that `except MlflowException` catches all."""

from __future__ import annotations

from millstream.errors import (
    CODE_NUMBERS,
    CODE_STATUSES,
    MillstreamError,
)
from millstream.errors import (
    ExecutionException as ExecutionException,
)
from mlflow._compat.error_codes import *  # noqa: F403 - MLflow offers each code here too

MlflowException = MillstreamError

# An error that a server answered with is raised as what it is. One name for both is what lets
# `except RestException` catch it.
RestException = MillstreamError

ERROR_CODE_TO_HTTP_STATUS = dict(CODE_STATUSES)


class MissingConfigException(MillstreamError):
    """A file that says how to do something is absent."""


class InvalidUrlException(MillstreamError):
    """An address cannot be used."""


def get_error_code(error_name: str) -> int:
    """The number of an error code."""
    return CODE_NUMBERS[error_name]
