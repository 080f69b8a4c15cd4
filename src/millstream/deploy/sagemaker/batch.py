"""Jobs of the frame's `start_batch` at SageMaker: what its transform jobs are in the frame's words.

SageMaker never forgets a transform job, so that a name is good for one job.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import msgspec

from millstream.deploy import image_step
from millstream.deploy.batch import BatchJob
from millstream.deploy.sagemaker import batch_options, registry, transform
from millstream.deploy.sagemaker.requests import check
from millstream.deploy.sagemaker.transform import AwsTarget
from millstream.deploy.target import ChangeFailed, State, Status
from millstream.deploy.wish import PATIENCE, Wish
from millstream.errors import AlreadyExists, NotFound

_STATES: Mapping[str, State] = {
    "Completed": "ready",
    "InProgress": "pending",
    "Stopping": "pending",
    "Failed": "failed",
    "Stopped": "failed",
}


def start(target: AwsTarget, wish: Wish, job: BatchJob) -> None:
    """Start a job; what fails is undone, and a name that is taken raises `AlreadyExists`."""
    asked = batch_options.request(job)
    check(target.aws, "CreateTransformJob", asked)
    with suppress(NotFound):
        transform.describe(target, job.name)
        raise AlreadyExists(
            f"SageMaker has had a job '{job.name}', and a name of it is good for one job: choose "
            f"another, such as '{job.name[:50]}-2'."
        )
    config = {name: job.config[name] for name in batch_options.MODEL_OPTIONS if name in job.config}
    image = _image(target, wish, job.config)
    made = transform.push_model(target, msgspec.structs.replace(wish, config=config, image=image))
    transform.start(target, asked, made)


def status(target: AwsTarget, name: str) -> Status:
    """How a job is doing; raises `NotFound` if there never was one."""
    job = transform.describe(target, name)
    said = job.get("FailureReason")
    state = str(job["TransformJobStatus"])
    message = f"SageMaker says that it is {state}" + (f": {said}" if said else "")
    details = {"job": job["TransformJobArn"], "output": job["TransformOutput"]["S3OutputPath"]}
    return Status(_STATES.get(state, "unknown"), message, None, details)


def stop(target: AwsTarget, name: str) -> None:
    """Stop a job that is not over, and remove its model and archive."""
    with suppress(NotFound):
        transform.stop(target, name)
        transform.until_over(target, name, PATIENCE)
        left = transform.remove(target, transform.made_for(target, name))
        if left:
            raise ChangeFailed(f"Of the job '{name}' there still is {'; '.join(left)}.")


def _image(target: AwsTarget, wish: Wish, config: Mapping[str, str]) -> str | None:
    """The image that serves the model, built and pushed if that was asked for."""
    if not image_step.OPTIONS.keys() & config.keys():
        return None
    step = image_step.image_step(config, wish.model, wish.model_uri)
    if step is None:
        return config["image"]
    registry.sign_in(target.aws, step.name)
    if not step.is_pushed():
        with registry.receiving(target.aws, step.name):
            step.make()
    return step.name
