"""Amazon SageMaker as a place where models run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, Literal

from millstream.client.extras import load
from millstream.containers.box import checked_image
from millstream.deploy.batch import BatchJob
from millstream.deploy.resources import Resource
from millstream.deploy.sagemaker import archive, batch, endpoints, logs, names, options, registry
from millstream.deploy.sagemaker.archive import Archives
from millstream.deploy.sagemaker.aws import PURPOSE, Aws
from millstream.deploy.sagemaker.batch_options import BATCH_OPTIONS
from millstream.deploy.sagemaker.endpoints import Endpoints
from millstream.deploy.sagemaker.options import Options
from millstream.deploy.sagemaker.place import Place, checked_region, checked_role
from millstream.deploy.sagemaker.requests import (
    as_tags,
    check,
    config_body,
    default_image,
    model_body,
)
from millstream.deploy.sagemaker.revisions import CONFIG, MODEL, Revisions
from millstream.deploy.target import Status
from millstream.deploy.wish import Wish
from millstream.errors import InvalidParameter, MillstreamError, NotFound, NotSupported

_MARK = "millstream-deployment"
_OURS = "millstream-model"


class SageMakerTarget:
    """The endpoints of one region; nothing is asked of AWS before something has to be known."""

    options: Mapping[str, str] = options.OPTIONS
    batch_options: Mapping[str, str] = BATCH_OPTIONS
    takes_image = True

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.archives = Archives(aws)
        self.revisions = Revisions(aws)
        self.endpoints = Endpoints(aws)
        self._tags: dict[str, str] = {}

    @property
    def runs_models(self) -> Literal[True]:
        """That there is an image for models, if nobody names another one."""
        return True

    def configured(self, config: Mapping[str, Any]) -> tuple[SageMakerTarget, dict[str, Any]]:
        """The region and role that a configuration says, and `image_url` as `image`."""
        said = {key: value for key, value in config.items() if key not in _MOVING}
        if "image_url" in config:
            if "image" in config:
                raise InvalidParameter("'image_url' and 'image' are the same option: give one.")
            said["image"] = config["image_url"]
        region, role = (config.get(name) for name in ("region_name", "assume_role_arn"))
        if region is None and role is None:
            return self, said
        place = Place(
            checked_region(str(region)) if region else self.aws.place.region,
            checked_role(str(role)) if role else self.aws.place.role,
        )
        return SageMakerTarget(Aws(place)), said

    def of_revision(self, resource: Resource) -> bool:
        """All but the endpoint itself belongs to one revision."""
        return resource.kind != endpoints.KIND

    def sign_in(self, image: str) -> None:
        """Let the engine that is here use ECR, if the image is to be there."""
        registry.sign_in(self.aws, image)

    def receiving(self, image: str) -> AbstractContextManager[None]:
        """Make the repository of ECR that an image is pushed to."""
        return registry.receiving(self.aws, image)

    def wanted(self, wish: Wish) -> Sequence[Resource]:
        """The model's files in S3, a model, a configuration, and the endpoint that uses it."""
        _no_endpoint(wish.endpoint)
        said = Options.read(wish.config)
        image = checked_image(wish.image or default_image(self.aws))
        role = said.execution_role_arn or self.aws.own_role()
        self._tags = {**said.tags, _MARK: wish.name}
        stored = self.archives.wanted(wish.name, wish.model, said.bucket)
        model = self._named(
            MODEL, wish.name, model_body(said, role, image, stored.name, wish.flavor)
        )
        config = self._named(CONFIG, wish.name, config_body(said, model.name))
        body: dict[str, Any] = {
            "EndpointConfigName": config.name,
            "Tags": {**self._tags, _OURS: _as_tag(wish.model_uri)},
        }
        body |= self._manner(wish.name, config.name, said)
        found = [stored, model, config, Resource(endpoints.KIND, wish.name, body)]
        self._check(found)
        return found

    def present(self, name: str, endpoint: str | None) -> Sequence[Resource]:
        """What there is of all revisions. A model goes last, since it names its archive."""
        _no_endpoint(endpoint)
        models = self.revisions.present(MODEL, name)
        urls = [one.body["PrimaryContainer"].get("ModelDataUrl", "") for one in models]
        stored = self.archives.present(urls, name)
        configs = self.revisions.present(CONFIG, name)
        return [*models, *stored, *configs, *self.endpoints.present(name)]

    def make(self, after: Resource, before: Resource | None) -> None:
        """Make a thing, or begin to: an endpoint is ready minutes later."""
        if after.kind == endpoints.KIND:
            self.endpoints.make(after, before)
        elif after.kind == archive.KIND:
            self.archives.make(after.name)
        elif before is None:  # its name says what is in it: there is nothing to change
            self.revisions.make(after, as_tags(self._tags))

    def remove(self, resource: Resource) -> None:
        """Remove a thing, as soon as no endpoint is being changed that may use it."""
        with suppress(NotFound):
            if resource.kind == endpoints.KIND:
                self.endpoints.remove(resource.name)
            elif resource.kind == archive.KIND:
                self.archives.remove(resource.name)
            else:
                self.endpoints.all_settled()
                self.revisions.remove(resource)

    def names(self, endpoint: str | None) -> Sequence[str]:
        """All endpoints of the region, whoever made them, as in MLflow."""
        _no_endpoint(endpoint)
        return self.endpoints.names()

    def status(self, name: str, endpoint: str | None) -> Status:
        """How an endpoint is doing, with SageMaker's reason if it failed."""
        _no_endpoint(endpoint)
        return self.endpoints.status(name)

    def logs(self, name: str, endpoint: str | None, *, follow: bool) -> Iterator[str]:
        """The lines in CloudWatch."""
        _no_endpoint(endpoint)
        return logs.lines(self.aws, name, follow=follow)

    def predict(self, name: str, endpoint: str | None, body: bytes) -> bytes:
        """What an endpoint answers to a body of JSON, or else of CSV."""
        _no_endpoint(endpoint if endpoint != name else None)
        kind = "application/json" if body.lstrip()[:1] in (b"{", b"[") else "text/csv"
        said = {"ContentType": kind, "Accept": "application/json"}
        errors = load("botocore.exceptions", PURPOSE)
        try:
            answer = self.aws.ask(
                "sagemaker-runtime", "invoke_endpoint", EndpointName=name, Body=body, **said
            )
        except MillstreamError as error:
            raise _of_the_model(error, errors.ClientError) from error
        found: bytes = answer["Body"].read()
        return found

    def start_batch(self, wish: Wish, job: BatchJob) -> None:
        """Start a transform job on a model of its own."""
        batch.start(self, wish, job)

    def batch_status(self, name: str) -> Status:
        """How a transform job is doing."""
        return batch.status(self, name)

    def stop_batch(self, name: str) -> None:
        """Stop a transform job, and remove its model and archive."""
        batch.stop(self, name)

    def _named(self, kind: str, deployment: str, body: dict[str, Any]) -> Resource:
        name = names.revision(deployment, {"body": body, "tags": self._tags})
        return Resource(kind, name, body)

    def _manner(self, name: str, config: str, said: Options) -> dict[str, Any]:
        """How traffic moves over: part of the change of an endpoint, and of nothing that stays."""
        manner = said.deployment_config()
        found = None if manner is None else self.endpoints.find(name)
        if found is None or found.get("EndpointConfigName") == config:
            return {}
        return {"DeploymentConfig": manner}

    def _check(self, wanted: Sequence[Resource]) -> None:
        _, model, config, endpoint = wanted
        tags = as_tags(self._tags)
        check(self.aws, "CreateModel", {"ModelName": model.name, **model.body, "Tags": tags})
        check(
            self.aws,
            "CreateEndpointConfig",
            {"EndpointConfigName": config.name, **config.body, "Tags": tags},
        )
        said = {**endpoint.body, "EndpointName": endpoint.name, "Tags": tags}
        check(self.aws, "CreateEndpoint", said)


_MOVING = ("region_name", "assume_role_arn", "image_url")
_TAG_SIGNS = frozenset(" _.:/=+-@")


def connect(target_uri: str) -> SageMakerTarget:
    """The target that a URI names."""
    return SageMakerTarget(Aws(Place.of(target_uri)))


def _no_endpoint(endpoint: str | None) -> None:
    if endpoint is not None:
        raise NotSupported(
            "A deployment to SageMaker is an endpoint of its own: leave the endpoint out."
        )


def _as_tag(text: str) -> str:
    """A text with the signs that tags of AWS take, at most 256."""
    return "".join(sign if sign.isalnum() or sign in _TAG_SIGNS else "-" for sign in text)[:256]


def _of_the_model(error: MillstreamError, client_error: type) -> MillstreamError:
    """What the container itself answered, if the error is the model's."""
    cause = error.__cause__
    if not isinstance(cause, client_error):
        return error
    response: Any = getattr(cause, "response", {})
    if "OriginalMessage" not in response:
        return error
    status, message = response.get("OriginalStatusCode"), str(response["OriginalMessage"])[:2000]
    return MillstreamError(f"The model answered with {status}: {message}")
