"""A workspace of Azure Machine Learning as its SDK reaches it, with errors in our words."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cached_property
from typing import Any, NamedTuple

from millstream.client.extras import load
from millstream.deploy.target import ChangeFailed
from millstream.deploy.targets import parts
from millstream.errors import (
    InvalidParameter,
    MillstreamError,
    NotFound,
    PermissionDenied,
    Unavailable,
)

FORM = "azureml:/subscription/resource-group/workspace"
_PURPOSE = "Deploying to Azure ML"
_SDK = "azure.ai.ml"
_SUBSCRIPTION = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}")

RETRIES = 3
"""How often the SDK asks again what was not answered. Its own 10 take minutes to say so."""

_LONGEST = 600
"""How much of an error of Azure is told, in characters."""


class Address(NamedTuple):
    """Which workspace, as a target URI names it."""

    subscription: str
    group: str
    workspace: str


def address(target_uri: str) -> Address:
    """The workspace of a target URI; what names none raises `InvalidParameter`."""
    found = parts(target_uri, FORM)
    rules = (("subscription", _SUBSCRIPTION), ("group", _GROUP), ("workspace", _WORKSPACE))
    wrong = [
        f"{part!r} is no {what}"
        for part, (what, rule) in zip(found, rules, strict=False)
        if not rule.fullmatch(part)
    ]
    if wrong or len(found) < len(rules):
        why = "; ".join(wrong) or "all three have to be said"
        raise InvalidParameter(f"The target {target_uri!r} is not of the form {FORM}: {why}.")
    return Address(*found)


class Workspace:
    """The SDK's client of one workspace, which is made when something is asked of it."""

    def __init__(self, where: Address) -> None:
        self.where = where

    @cached_property
    def credential(self) -> Any:
        """Who asks: what `DefaultAzureCredential` finds, in the environment or of `az login`."""
        return load("azure.identity", _PURPOSE).DefaultAzureCredential()

    @cached_property
    def sdk(self) -> Any:
        """The SDK itself, which prints no more than warnings."""
        sdk = load(_SDK, _PURPOSE)
        for name in [one for one in logging.Logger.manager.loggerDict if one.startswith(_SDK)]:
            logging.getLogger(name).setLevel(logging.WARNING)  # each has a level of its own
        return sdk

    @cached_property
    def client(self) -> Any:
        """The SDK's client. It tells nobody what is done with it."""
        return self.sdk.MLClient(
            self.credential,
            self.where.subscription,
            self.where.group,
            self.where.workspace,
            enable_telemetry=False,
            show_progress=True,  # without it an upload that fails is waited for without end
            retry_total=RETRIES,
        )

    @cached_property
    def entities(self) -> Any:
        """The SDK's classes of the things in a workspace."""
        return load("azure.ai.ml.entities", _PURPOSE)

    @cached_property
    def _errors(self) -> Any:
        return load("azure.core.exceptions", _PURPOSE)

    @contextmanager
    def asked(self, what: str) -> Iterator[None]:
        """Errors of the SDK become ours, and name what was asked for.

        What the SDK prints is not to be among what a command prints.
        """
        try:
            with redirect_stdout(_Aside()):
                yield
        except self._errors.AzureError as error:
            raise self._translated(what, error) from error

    def finished(self, what: str, poller: Any, patience: float) -> None:
        """Wait at most `patience` s for a change; one that fails raises `ChangeFailed`."""
        with redirect_stdout(_Aside()):
            try:
                poller.wait(patience)
            except self._errors.AzureError as error:
                raise ChangeFailed(f"{what} failed: {_said(error)}") from error
        if not poller.done():
            raise ChangeFailed(f"{what} was not done within {patience:g} s.")

    def _translated(self, what: str, error: Any) -> MillstreamError:
        said, status = _said(error), getattr(error, "status_code", None)
        errors = self._errors
        if isinstance(error, errors.ResourceNotFoundError):
            return NotFound(f"{what}: {said}")
        if isinstance(error, errors.ClientAuthenticationError) and status is None:
            return PermissionDenied(f"{what}: nobody is signed in; use `az login`. {said}")
        if status in (401, 403):
            return PermissionDenied(
                f"{what}: {said} Who is signed in needs the role that the guide of Azure ML lists."
            )
        refused = isinstance(error, self._refusals) or 400 <= (status or 500) < 500
        if refused and status not in (408, 429):
            return InvalidParameter(f"{what}: {said}")
        return Unavailable(f"{what}: {said}")

    @cached_property
    def _refusals(self) -> Any:
        """What the SDK refuses by itself, before it asks."""
        return load("azure.ai.ml.exceptions", _PURPOSE).ValidationException


class _Aside(io.TextIOBase):
    """Takes what the SDK prints to stderr, but for its dots, one each time that it looks."""

    def write(self, text: str) -> int:
        return len(text) if text == "." else sys.stderr.write(text)


def _said(error: Any) -> str:
    """What Azure says, on one line, without the ids that its errors end with."""
    told = getattr(getattr(error, "error", None), "message", None)
    text = " ".join(str(told or getattr(error, "message", None) or error).split())
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return text if text.endswith((".", "…", "!", "?")) else f"{text}."
