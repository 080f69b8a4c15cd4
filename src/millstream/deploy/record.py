"""What a target was told, kept with the model registry: each deployment's revisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from millstream.client.model_uris import Where, registry_name, run_and_path
from millstream.client.tracking import MillstreamClient
from millstream.deploy import image_step
from millstream.deploy.wish import Wish
from millstream.entities.deployments import Deployment
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.masking import MASK
from millstream.model_format.manifest import Manifest

_LOGGED = "models:/m-"


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
        try:
            live = self.live(revision.wish.name, revision.wish.endpoint)
            if changed or live is None or live.model_uri != revision.wish.model_uri:
                self._keep(revision)
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
        named = registry_name(wish.model_uri)
        run_id, model_id = _origin(wish)
        MillstreamClient().record_deployment(
            self._target,
            wish.name,
            wish.model_uri,
            endpoint=wish.endpoint,
            model_name=None if named is None else named.name,
            model_version=None if named is None else named.suffix,
            run_id=run_id,
            model_id=model_id,
            flavor=wish.flavor,
            image=wish.image,
            image_digest=revision.digest or self._digest(wish),
            address=revision.address,
            config=revision.said,
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


def _origin(wish: Wish) -> tuple[str | None, str | None]:
    """The run and the logged model of what runs, if they are in the store that keeps the record.

    Those of registered versions are known there.
    """
    where = Where.now()
    of_run = run_and_path(wish.model_uri)
    is_logged = wish.model_uri.startswith(_LOGGED)
    if where.tracking != where.registry or not (of_run or is_logged):
        return None, None
    manifest = Manifest.read(wish.model)
    return (of_run[0] if of_run else manifest.run_id), manifest.model_id


def said_again(revision: Deployment) -> dict[str, str]:
    """What a target has to be told to return to a revision: with the image that ran, not a new one.

    A newer version of this package would build another.
    """
    if revision.image is None:
        return revision.config
    own = {key: value for key, value in revision.config.items() if key not in image_step.OPTIONS}
    return {**own, "image": revision.image}
