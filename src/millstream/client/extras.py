"""Libraries that only some functions need, loaded when those are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from millstream.errors import NotSupported

_INSTALLED_AS = {
    "PIL.Image": "pillow",
    "yaml": "pyyaml",
    "pandas": "millstream[pandas]",
    "sklearn": "scikit-learn",
    "kubernetes": "millstream[kubernetes]",
    "kubernetes.dynamic": "millstream[kubernetes]",
    "boto3": "millstream[sagemaker]",
    "botocore.config": "millstream[sagemaker]",
    "botocore.exceptions": "millstream[sagemaker]",
    "botocore.validate": "millstream[sagemaker]",
    "ray.job_submission": "millstream[ray]",
    "azure.ai.ml": "millstream[azureml]",
    "azure.ai.ml.entities": "millstream[azureml]",
    "azure.ai.ml.exceptions": "millstream[azureml]",
    "azure.core": "millstream[azureml]",
    "azure.core.exceptions": "millstream[azureml]",
    "azure.core.rest": "millstream[azureml]",
    "azure.identity": "millstream[azureml]",
    "google.auth": "millstream[vertex]",
    "google.auth.exceptions": "millstream[vertex]",
    "google_auth_httplib2": "millstream[vertex]",
    "googleapiclient.discovery": "millstream[vertex]",
    "googleapiclient.errors": "millstream[vertex]",
    "httplib2": "millstream[vertex]",
}


def load(module: str, purpose: str) -> Any:
    """Import a library; where it is missing, raise `NotSupported` naming what to install."""
    try:
        return import_module(module)
    except ImportError as error:
        package = _INSTALLED_AS.get(module, module)
        raise NotSupported(
            f"{purpose} needs {package}, which cannot be imported ({error}); install it with "
            f"`pip install {package}`"
        ) from error
