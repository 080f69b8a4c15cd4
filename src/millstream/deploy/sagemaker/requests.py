"""What SageMaker is asked to make, and whether it can be meant, checked before anything is made."""

from __future__ import annotations

from typing import Any

from millstream import settings
from millstream.client.extras import load
from millstream.deploy.sagemaker.aws import PURPOSE, Aws, told
from millstream.deploy.sagemaker.options import Options
from millstream.errors import InvalidParameter


def default_image(aws: Aws) -> str:
    """The image that the setting names."""
    found = settings.load().sagemaker_deploy_img_url
    if found is None:
        raise InvalidParameter(
            "What runs is an image: name one that is there as the option 'image', or the "
            "'repository' that one is pushed to once it is built, or set "
            f"MILLSTREAM_SAGEMAKER_DEPLOY_IMG_URL; the region is {aws.region}."
        )
    return found


def model_body(
    options: Options, role: str, image: str, archive: str, flavor: str
) -> dict[str, Any]:
    """A model of SageMaker: an image, the files that it serves, and as whom it runs.

    The two variables are those that images which MLflow made look at.
    """
    known = {"MLFLOW_DEPLOYMENT_FLAVOR_NAME": flavor, "SERVING_ENVIRONMENT": "SageMaker"}
    container = {
        "Image": image,
        "ModelDataUrl": archive,
        "Environment": {**known, **options.env},
    }
    body: dict[str, Any] = {"ExecutionRoleArn": role, "PrimaryContainer": container}
    return {**body, **_said(VpcConfig=options.vpc_config)}


def config_body(options: Options, model: str) -> dict[str, Any]:
    """A configuration of an endpoint: one variant, on machines or without them."""
    variant: dict[str, Any] = {"VariantName": options.variant_name, "ModelName": model}
    if options.serverless_config is not None:
        variant["ServerlessConfig"] = options.serverless_config
    else:
        variant["InstanceType"] = options.instance_type
        variant["InitialInstanceCount"] = options.instance_count
    variant["InitialVariantWeight"] = 1.0
    more = _said(
        AsyncInferenceConfig=options.async_inference_config,
        DataCaptureConfig=options.data_capture_config,
    )
    return {"ProductionVariants": [variant], **more}


def as_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def check(aws: Aws, operation: str, body: dict[str, Any]) -> None:
    """Whether a body has the shape that SageMaker documents; if not raises `InvalidParameter`."""
    validate = load("botocore.validate", PURPOSE).validate_parameters
    model = aws.client("sagemaker").meta.service_model.operation_model(operation)
    with told(f"sagemaker:{operation}"):
        validate(body, model.input_shape)


def _said(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
