"""Changes to a model that was saved or logged: its signature, its requirements."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement

from millstream.artifacts.interface import ArtifactStore
from millstream.errors import InvalidParameter, NotFound, NotSupported
from millstream.integrations.model_files import model_store
from millstream.model_format.digests import MANIFEST
from millstream.model_format.environment import CONDA, REQUIREMENTS, requirement_name
from millstream.model_format.manifest import Manifest
from millstream.model_format.signature import ModelSignature

_OPERATIONS = ("add", "remove")


def set_signature(model_uri: str, signature: ModelSignature) -> None:
    """Replace the signature of the model at a path, a `runs:/` or a `models:/m-…` URI."""
    if not isinstance(signature, ModelSignature):
        raise InvalidParameter(f"`signature` must be a ModelSignature, not {signature!r}")
    store = model_store(str(model_uri))
    model = _manifest(store)
    model.signature = signature
    model.is_signature_from_type_hint = None
    _replace(store, model, {})


def update_model_requirements(
    model_uri: str, operation: str, requirement_list: Sequence[str]
) -> None:
    """Add requirements to a model, in place of those on the same package, or remove packages.

    The model is at a path, a `runs:/` or a `models:/m-…` URI. requirements.txt and conda.yaml are
    changed; `operation` is `add` or `remove`.
    """
    if operation not in _OPERATIONS:
        raise InvalidParameter(f"`operation` must be one of {list(_OPERATIONS)}, not {operation!r}")
    if isinstance(requirement_list, str) or not requirement_list:
        raise InvalidParameter(
            f"`requirement_list` must be a list of requirements, not {requirement_list!r}"
        )
    given = [_requirement(one) for one in requirement_list]
    store = model_store(str(model_uri))
    added = given if operation == "add" else []
    named = {requirement_name(one) for one in given}
    files: dict[str, bytes] = {}
    lines = _read(store, REQUIREMENTS)
    if lines is not None:
        files[REQUIREMENTS] = "\n".join(_changed(lines.splitlines(), named, added)).encode()
    conda = _read(store, CONDA)
    if conda is not None:
        content = _changed_conda(yaml.safe_load(conda), named, added)
        files[CONDA] = yaml.safe_dump(content, default_flow_style=False, sort_keys=False).encode()
    if not files:
        raise NotFound(f"the model at {model_uri!r} has neither {REQUIREMENTS} nor {CONDA}")
    _replace(store, _manifest(store), files)


def _requirement(given: str) -> str:
    """The requirement without blanks around it; what pip could not read is refused."""
    requirement = str(given).strip()
    try:
        Requirement(requirement)
    except InvalidRequirement as error:
        raise InvalidParameter(
            f"{given!r} is not a requirement such as 'pandas' or 'pandas>=2.0': "
            f"{str(error).partition(chr(10))[0]}"
        ) from error
    return requirement


def add_libraries_to_model(
    model_uri: str, run_id: str | None = None, registered_model_name: str | None = None
) -> None:
    """Wheels beside a model are not supported; a lock file or pins say the same."""
    del run_id, registered_model_name
    raise NotSupported(
        f"the libraries of {model_uri!r} cannot be put into the model as wheels; its "
        "requirements.txt has every version, and `uv_project_path` of save_model locks the rest"
    )


def _changed(lines: Sequence[str], named: set[str], added: Sequence[str]) -> list[str]:
    kept = [line for line in lines if line.strip() and requirement_name(line.strip()) not in named]
    return [*kept, *added]


def _changed_conda(content: Mapping[str, Any], named: set[str], added: list[str]) -> dict[str, Any]:
    dependencies = [
        {**one, "pip": _changed(one.get("pip") or [], named, added)}
        if isinstance(one, Mapping)
        else one
        for one in content.get("dependencies") or []
    ]
    if not any(isinstance(one, Mapping) for one in dependencies) and added:
        dependencies.append({"pip": list(added)})
    return {**content, "dependencies": dependencies}


def _replace(store: ArtifactStore, model: Manifest, files: Mapping[str, bytes]) -> None:
    """Write files into the model, and MLmodel with their digests last."""
    for name, content in files.items():
        store.write(name, [content])
        if model.file_digests is not None:
            model.file_digests[name] = hashlib.sha256(content).hexdigest()
    store.write(MANIFEST, [str(model).encode()])


def _manifest(store: ArtifactStore) -> Manifest:
    return Manifest.from_yaml(_read(store, MANIFEST) or "", f"{store.uri}/{MANIFEST}")


def _read(store: ArtifactStore, name: str) -> str | None:
    try:
        return b"".join(store.read(name)).decode()
    except NotFound:
        return None
