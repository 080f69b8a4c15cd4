"""What a target was told, kept with the model registry: each deployment's revisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypedDict

import msgspec

from millstream.client.model_uris import Where, registry_name, run_and_path
from millstream.client.tracking import MillstreamClient
from millstream.deploy import image_step
from millstream.deploy.wish import Wish
from millstream.entities.deployments import Deployment
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.masking import MASK
from millstream.model_format.manifest import Manifest

_MODELS = "models:/"
_LOGGED = f"{_MODELS}m-"


class Revision(msgspec.Struct, frozen=True):
    """What runs now: what was wanted, as it was said, and what came of it."""

    wish: Wish
    said: Mapping[str, str]
    address: str | None
    digest: str | None


class DeploymentRecord:
    """The revisions of the deployments at one target.

    A deployment that runs is not undone because it could not be recorded: that is told instead.
    """

    def __init__(self, target_uri: str, tell: Callable[[str], None]) -> None:
        self._target = target_uri
        self._tell = tell

    def keep(self, revision: Revision, *, changed: bool) -> None:
        """Record what runs now, unless nothing changed and it is recorded already."""
        wish = revision.wish
        with self._warned():
            live = self.live(wish.name, wish.endpoint)
            if changed or live is None or live.model_uri != wish.model_uri:
                self._keep(revision)

    def note(
        self,
        name: str,
        endpoint: str | None,
        model_uri: str | None,
        flavor: str | None,
        config: Mapping[str, str],
        *,
        changed: bool,
    ) -> None:
        """As `keep`, of a deployment of which no more is known than what was said.

        Without `model_uri` it goes on with the model that is recorded.
        """
        with self._warned():
            live = self.live(name, endpoint)
            uri = model_uri or (live.model_uri if live else None)
            if uri is None:
                raise InvalidParameter("which model it runs is not known; update it with one.")
            if not changed and live is not None and live.model_uri == uri:
                return
            MillstreamClient().record_deployment(
                self._target,
                name,
                uri,
                endpoint=endpoint,
                flavor=flavor,
                config=config,
                **_named(uri),
            )

    @contextmanager
    def _warned(self) -> Iterator[None]:
        try:
            yield
        except MillstreamError as error:
            self._tell(f"Warning: the deployment is not recorded: {error}")

    def end(self, name: str, endpoint: str | None) -> None:
        """Record that a deployment runs no more; one that is not recorded is no error."""
        try:
            MillstreamClient().end_deployment(self._target, name, endpoint)
        except NotFound:
            return
        except MillstreamError as error:
            self._tell(f"Warning: the end of the deployment is not recorded: {error}")

    def live(self, name: str, endpoint: str | None) -> Deployment | None:
        """What runs now, as far as is recorded."""
        found = MillstreamClient().search_deployments(
            target=self._target, name=name, endpoint=endpoint or "", state="live", max_results=1
        )
        return found[0] if found else None

    def history(self, name: str, endpoint: str | None) -> list[Deployment]:
        """The latest 1,000 revisions, newest first."""
        return MillstreamClient().search_deployments(
            target=self._target, name=name, endpoint=endpoint or "", max_results=1_000
        )

    def earlier(self, name: str, endpoint: str | None, number: int | None) -> Deployment:
        """A revision to return to: that of a number, or else the one before the latest.

        Raises `NotFound` if it is not recorded, and `InvalidParameter` if what it was told is not
        known in full.
        """
        revisions = self.history(name, endpoint)
        found = [one for one in revisions[1:] if number is None or one.revision == number]
        if not found:
            which = "an earlier revision" if number is None else f"an earlier revision {number}"
            known = ", ".join(str(one.revision) for one in revisions[1:6]) or "none"
            raise NotFound(
                f"Of the deployment '{name}' at '{self._target}' {which} is not recorded; there "
                f"is {known}."
            )
        chosen = found[0]
        masked = [key for key, value in chosen.config.items() if MASK in value]
        if masked:
            raise InvalidParameter(
                f"Revision {chosen.revision} of '{name}' was told a secret as '{masked[0]}', which "
                "no record keeps: apply that revision's model and options yourself, and name the "
                "secret instead of holding it."
            )
        return chosen

    def _keep(self, revision: Revision) -> None:
        wish = revision.wish
        origin = _origin(wish)
        MillstreamClient().record_deployment(
            self._target,
            wish.name,
            wish.model_uri,
            endpoint=wish.endpoint,
            flavor=wish.flavor,
            image=wish.image,
            image_digest=revision.digest or self._digest(wish),
            address=revision.address,
            config=revision.said,
            **origin,
        )

    def _digest(self, wish: Wish) -> str | None:
        """The digest that an image had when it was pushed, if that is recorded."""
        if wish.image is None:
            return None
        _, at, digest = wish.image.partition("@")
        if at:
            return digest
        known = self.history(wish.name, wish.endpoint)
        return next((one.image_digest for one in known if one.image == wish.image), None)


class _Origin(TypedDict, total=False):
    """What a model is in the store that keeps the record."""

    model_name: str
    model_version: str | None
    run_id: str | None
    model_id: str | None


def _named(model_uri: str) -> _Origin:
    """What the URI alone says; the run and logged model of a version are known to the store."""
    named = registry_name(model_uri)
    if named is not None:
        return {"model_name": named.name, "model_version": named.suffix}
    where = Where.now()
    if where.tracking != where.registry:  # runs and logged models are in the other one
        return {}
    of_run = run_and_path(model_uri)
    if of_run is not None:
        return {"run_id": of_run[0]}
    if model_uri.startswith(_LOGGED):
        return {"model_id": model_uri.removeprefix(_MODELS).partition("/")[0]}
    return {}


def _origin(wish: Wish) -> _Origin:
    """The same, and what the model's own files say of where they come from."""
    found = _named(wish.model_uri)
    if "run_id" in found or "model_id" in found:
        manifest = Manifest.read(wish.model)
        return {"run_id": manifest.run_id, "model_id": manifest.model_id, **found}
    return found


def said_again(revision: Deployment) -> dict[str, str]:
    """What a target has to be told to return to a revision: with the image that ran, not a new one.

    A newer version of this package would build another.
    """
    if revision.image is None:
        return revision.config
    own = {key: value for key, value in revision.config.items() if key not in image_step.OPTIONS}
    return {**own, "image": revision.image}
