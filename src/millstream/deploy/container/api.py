"""What scripts use of images: `millstream.models.build_docker`, and the drop-in's."""

from __future__ import annotations

from millstream.deploy.container.context import ImageOptions
from millstream.deploy.container.image import Built, build_generic_image, build_image
from millstream.integrations.model_files import local_path


def build_docker(
    model_uri: str | None = None,
    name: str = "mlflow-pyfunc",
    env_manager: str = "virtualenv",  # noqa: ARG001  # MLflow's signature
    mlflow_home: str | None = None,  # noqa: ARG001  # MLflow's signature
    install_java: bool = False,
    install_mlflow: bool = False,  # noqa: ARG001  # MLflow's signature
    base_image: str | None = None,
    *,
    platform: str = ImageOptions().platform,
    push: bool = False,
) -> Built:
    """Build an image that serves the model at a URI, with docker, podman or buildah.

    Without a URI it serves whichever model is mounted at /opt/ml/model, installs what that needs
    when a container starts, and has a Java runtime, since that may need one. `name` is that of the
    image, to whose registry `push` pushes it. `base_image` is built on instead of Python's own, and
    has `python3`. `env_manager`, `mlflow_home` and `install_mlflow` have no effect: environments
    are made by uv, and have the package that runs this.
    Raises `NotFound` if no program that builds is here, and `MillstreamError` if building or
    pushing fails.
    """
    java = install_java or None
    options = ImageOptions(base_image=base_image, platform=platform, install_java=java)
    if model_uri is None:
        return build_generic_image(name, options, push=push)
    return build_image(local_path(model_uri), name, options, model_uri, push=push)
