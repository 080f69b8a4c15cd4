"""Deployments at one of our targets: planned, applied, watched and removed.

The methods are those of MLflow's `BaseDeploymentClient`, and beside them `plan`, `apply`, `status`,
`logs`, `history`, `rollback`, and those of jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from millstream.deploy import applying, image_step, waiting
from millstream.deploy.batch_client import BatchClient
from millstream.deploy.chosen_model import choose
from millstream.deploy.image_step import ImageStep
from millstream.deploy.predictions import PredictionsResponse, as_body
from millstream.deploy.record import DeploymentRecord, Revision, said_again
from millstream.deploy.resources import Change, Plan, Resource, changes
from millstream.deploy.target import (
    ConfiguredTarget,
    EndpointTarget,
    ModelTarget,
    RegistryTarget,
    RevisionTarget,
    Status,
    Target,
    WritingTarget,
)
from millstream.deploy.wish import Wish, checked_config, checked_name
from millstream.deploy.writing import write_files
from millstream.entities.deployments import Deployment
from millstream.environments.preparation import say
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, NotSupported

ARCHIVE: Mapping[str, str] = {
    "archive": "true: keep what earlier revisions were made of (default: false).",
}


class DeploymentClient(BatchClient):
    """Deployments at one target of ours."""

    def __init__(
        self,
        target_uri: str,
        target: Target,
        tell: Callable[[str], None] = say,
        record: DeploymentRecord | None = None,
    ) -> None:
        super().__init__(target_uri, target)
        self._tell = tell
        self._record = record or DeploymentRecord(target_uri, tell)

    def options(self) -> dict[str, str]:
        """What can be configured here, and what each option means."""
        images = image_step.OPTIONS if self._target.takes_image else {}
        return {**self._target.options, **images, **self._general()}

    def plan(
        self,
        name: str,
        model_uri: str,
        flavor: str | None = None,
        config: Mapping[str, Any] | None = None,
        endpoint: str | None = None,
    ) -> Plan:
        """What `apply` with the same arguments would change. Nothing is changed by asking."""
        here, said = self._told(config)
        wish, step, general = here._wish(name, model_uri, flavor, said, endpoint)
        return here._plan(wish, step, general)

    def apply(
        self,
        name: str,
        model_uri: str,
        flavor: str | None = None,
        config: Mapping[str, Any] | None = None,
        endpoint: str | None = None,
    ) -> dict[str, Any]:
        """Let a deployment be as is said here, whether there is one or not.

        What fails is undone, and raises `DeploymentFailed`. Gives `name`, `flavor`, `model_uri`,
        `state`, `address` and `changes`, how many there were.
        """
        here, said = self._told(config)
        wish, step, general = here._wish(name, model_uri, flavor, said, endpoint)
        done, digest = here._apply(wish, step, general)
        revision = Revision(wish, checked_config(said, here.options()), done["address"], digest)
        self._record.keep(revision, changed=done["changes"] > 0)
        return done

    def write(
        self,
        folder: str | Path,
        name: str,
        model_uri: str,
        flavor: str | None = None,
        config: Mapping[str, Any] | None = None,
        file_format: str | None = None,
    ) -> list[Path]:
        """What `apply` would make, as files in a folder that is empty or absent; gives their paths.

        Nothing is built, made or asked. A target without files raises `NotSupported`.
        """
        here, said = self._told(config)
        target = here._target
        if not isinstance(target, WritingTarget):
            raise NotSupported(f"The target '{self.target_uri}' cannot be written as files.")
        wish, step, _ = here._wish(name, model_uri, flavor, said, None)
        files = target.written(wish, file_format or target.formats[0])
        found = write_files(files, Path(folder))
        if step is not None:
            self._tell(f"the files name the image {step.name}, which is yet to be built and pushed")
        return found

    def create_deployment(
        self,
        name: str,
        model_uri: str,
        flavor: str | None = None,
        config: Mapping[str, Any] | None = None,
        endpoint: str | None = None,
    ) -> dict[str, Any]:
        """As `apply`, for a name that is free; another one raises `AlreadyExists`."""
        here, said = self._told(config)
        if here._runs(name, endpoint):
            raise AlreadyExists(
                f"There is a deployment '{name}' at '{self.target_uri}'; update it, or delete it."
            )
        return here.apply(name, model_uri, flavor, said, endpoint)

    def update_deployment(
        self,
        name: str,
        model_uri: str | None = None,
        flavor: str | None = None,
        config: Mapping[str, Any] | None = None,
        endpoint: str | None = None,
    ) -> dict[str, Any]:
        """As `apply`, for a deployment that is there; without one raises `NotFound`.

        What is not said stays as it was recorded; of `config` each option by itself.
        """
        here, said = self._told(config)
        here._present(name, endpoint)
        live = self._record.live(name, endpoint)
        if live is not None:
            said = {**_without_replaced(live.config, said), **said}
        wanted = model_uri or (live.model_uri if live else None)
        if wanted is None:
            raise InvalidParameter(
                f"Say which model '{name}' is to run, as model_uri: what it runs is not recorded."
            )
        return here.apply(name, wanted, flavor or (live.flavor if live else None), said, endpoint)

    def rollback(
        self, name: str, endpoint: str | None = None, *, revision: int | None = None
    ) -> dict[str, Any]:
        """Let a deployment be as it was in an earlier revision, by default the one before.

        It runs the model and image of then, and is a new revision itself. Raises `NotFound` if none
        is recorded. Gives what `apply` gives, and `revision`, the one that was returned to.
        """
        found = self._record.earlier(checked_name(name), endpoint, revision)
        done = self.apply(name, found.model_uri, found.flavor, said_again(found), endpoint)
        return {**done, "revision": found.revision}

    def history(self, name: str, endpoint: str | None = None) -> list[Deployment]:
        """The recorded revisions of a deployment, newest first."""
        return self._record.history(checked_name(name), endpoint)

    def delete_deployment(
        self, name: str, config: Mapping[str, Any] | None = None, endpoint: str | None = None
    ) -> None:
        """Remove a deployment and all that it is made of; one that is gone is no error."""
        here, said = self._told(config)
        general = checked_config(said, self._general())
        plan = changes(here._target.present(checked_name(name), endpoint), ())
        applying.carry_out(here._target, here._kept(plan, general), self._tell)
        self._record.end(name, endpoint)

    def list_deployments(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """The deployments that are there, each with its `name`."""
        return [{"name": name} for name in self._target.names(endpoint)]

    def get_deployment(self, name: str, endpoint: str | None = None) -> dict[str, Any]:
        """What is known of one: `name`, `state`, `message`, `address`, and `resources`."""
        present = self._present(name, endpoint)
        found = msgspec.to_builtins(self._target.status(name, endpoint))
        return {"name": name, **found, "resources": [msgspec.to_builtins(one) for one in present]}

    def status(self, name: str, endpoint: str | None = None) -> Status:
        """How a deployment is doing; raises `NotFound` if there is none."""
        self._present(name, endpoint)
        return self._target.status(name, endpoint)

    def logs(
        self, name: str, endpoint: str | None = None, *, follow: bool = False
    ) -> Iterator[str]:
        """The lines that a deployment printed, with `follow` those to come."""
        self._present(name, endpoint)
        return self._target.logs(name, endpoint, follow=follow)

    def predict(
        self, deployment_name: str | None = None, inputs: Any = None, endpoint: str | None = None
    ) -> PredictionsResponse:
        """What a deployment answers to inputs: a DataFrame, an array, or a body of the protocol."""
        if deployment_name is None and endpoint is None:
            raise InvalidParameter("Say which deployment is asked, or which endpoint.")
        name = checked_name(deployment_name or endpoint or "")
        return PredictionsResponse.from_json(self._target.predict(name, endpoint, as_body(inputs)))

    def create_endpoint(self, name: str, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make an endpoint, behind which deployments are."""
        return self._endpoints().create_endpoint(checked_name(name, "endpoint"), config or {})

    def update_endpoint(
        self, endpoint: str, config: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Change an endpoint, such as how its traffic is split."""
        return self._endpoints().update_endpoint(checked_name(endpoint, "endpoint"), config or {})

    def delete_endpoint(self, endpoint: str) -> None:
        """Remove an endpoint; one that is gone is no error."""
        self._endpoints().delete_endpoint(checked_name(endpoint, "endpoint"))

    def list_endpoints(self) -> list[dict[str, Any]]:
        """The endpoints that are there, each with its `name`."""
        return self._endpoints().list_endpoints()

    def get_endpoint(self, endpoint: str) -> dict[str, Any]:
        """What is known of one."""
        return self._endpoints().get_endpoint(checked_name(endpoint, "endpoint"))

    def _wish(
        self,
        name: str,
        model_uri: str,
        flavor: str | None,
        config: Mapping[str, Any] | None,
        endpoint: str | None,
    ) -> tuple[Wish, ImageStep | None, dict[str, str]]:
        """What is wanted, the image that it needs, and what was said of waiting."""
        checked_name(name)
        if endpoint is not None:
            checked_name(endpoint, "endpoint")
        said = checked_config(config or {}, self.options())
        model = choose(model_uri, flavor)
        general = {key: said.pop(key) for key in self._general() if key in said}
        patience = waiting.patience(general)
        own = {key: value for key, value in said.items() if key not in image_step.OPTIONS}
        step = None
        if self._needs_image(said):
            step = image_step.image_step(said, model.path, model.uri)
        if step is not None and isinstance(self._target, RegistryTarget):
            self._target.sign_in(step.name)
        image = step.name if step else said.get("image")
        wish = Wish(name, model.uri, model.path, own, model.flavor, endpoint, image, patience)
        return wish, step, general

    def _needs_image(self, said: Mapping[str, str]) -> bool:
        """Whether one has to be named or built: a place that runs models asks only if told."""
        told = image_step.OPTIONS.keys() & said.keys()
        return self._target.takes_image and bool(told or not isinstance(self._target, ModelTarget))

    def _plan(self, wish: Wish, step: ImageStep | None, general: Mapping[str, str]) -> Plan:
        present = list(self._target.present(wish.name, wish.endpoint))
        wanted = list(self._target.wanted(wish))
        if step is not None:
            wanted.insert(0, step.resource())
            present = [*([step.resource()] if step.is_pushed() else []), *present]
        return self._kept(changes(present, wanted), general)

    def _apply(
        self, wish: Wish, step: ImageStep | None, general: Mapping[str, str]
    ) -> tuple[dict[str, Any], str | None]:
        """Carry the plan out; gives what came of it, and the digest of an image that was pushed."""
        plan = self._plan(wish, step, general)
        first = plan.changes[0] if step is not None else None
        digest = None
        if step is not None and first is not None and first.action != "keep":
            digest = self._build(step)
        rest = plan.without(lambda one: one is first)
        making = rest.without(lambda one: one.is_deletion)
        done = applying.carry_out(self._target, making, self._tell)
        status = self._settled(wish, done, general)
        gone = self._replaced(rest.without(lambda one: not one.is_deletion), status)
        told = {
            "name": wish.name,
            "flavor": wish.flavor,
            "model_uri": wish.model_uri,
            "image": wish.image,
            "state": status.state,
            "address": status.address,
            "changes": len(done) + len(gone),
        }
        return told, digest

    def _build(self, step: ImageStep) -> str | None:
        if isinstance(self._target, RegistryTarget):
            with self._target.receiving(step.name):
                digest = step.make()
        else:
            digest = step.make()
        self._tell(f"built and pushed {step.name}")
        return digest

    def _settled(self, wish: Wish, done: Sequence[Any], general: Mapping[str, str]) -> Status:
        if not waiting.waits(general):
            return self._target.status(wish.name, wish.endpoint)
        patience = waiting.patience(general)
        return applying.settle(self._target, wish.name, wish.endpoint, done, patience)

    def _replaced(self, plan: Plan, status: Status) -> Sequence[Change]:
        """Remove what is no longer needed, once what takes its place is ready: not before."""
        if status.state == "ready":
            return applying.carry_out(self._target, plan, self._tell)
        for one in plan.changes:
            self._tell(f"left {one.resource.kind} {one.resource.name}: apply again when all is up")
        return ()

    def _general(self) -> dict[str, str]:
        """The options that are the frame's own."""
        return {**waiting.OPTIONS, **(ARCHIVE if isinstance(self._target, RevisionTarget) else {})}

    def _kept(self, plan: Plan, general: Mapping[str, str]) -> Plan:
        """A plan that leaves earlier revisions alone, if that was asked for."""
        target = self._target
        if not isinstance(target, RevisionTarget) or not waiting.flag(general, "archive", "false"):
            return plan
        return plan.without(lambda one: one.is_deletion and target.of_revision(one.resource))

    def _told(self, config: Mapping[str, Any] | None) -> tuple[DeploymentClient, dict[str, Any]]:
        """The client of the place that a configuration means, and what is left of that."""
        said = dict(config or {})
        if not isinstance(self._target, ConfiguredTarget):
            return self, said
        target, rest = self._target.configured(said)
        same = target is cast("Target", self._target)
        return (
            self if same else DeploymentClient(self.target_uri, target, self._tell, self._record)
        ), rest

    def _runs(self, name: str, endpoint: str | None) -> Sequence[Resource]:
        """What there is of a deployment; none, if all of it was kept of earlier revisions."""
        target = self._target
        found = target.present(checked_name(name), endpoint)
        if isinstance(target, RevisionTarget) and all(map(target.of_revision, found)):
            return ()
        return found

    def _present(self, name: str, endpoint: str | None) -> Sequence[Resource]:
        found = self._runs(name, endpoint)
        if not found:
            raise NotFound(f"There is no deployment '{name}' at '{self.target_uri}'.")
        return found

    def _endpoints(self) -> EndpointTarget:
        if not isinstance(self._target, EndpointTarget):
            raise NotSupported(f"The target '{self.target_uri}' has no endpoints of their own.")
        return cast("EndpointTarget", self._target)


def _without_replaced(recorded: Mapping[str, str], said: Mapping[str, Any]) -> dict[str, str]:
    """What was said before, less what is said by another option now: one image, or a repository."""
    either = {"image", "repository"}
    gone = either if either & said.keys() else set()
    return {key: value for key, value in recorded.items() if key not in gone}
