"""Commands of projects in containers, by docker, podman or buildah."""
