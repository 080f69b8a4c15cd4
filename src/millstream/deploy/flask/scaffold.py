"""Writing the folder of a Flask application: the code, its tests, what it needs, and the model.

The code is in `template/`, as texts whose `$names` are filled in here (`string.Template`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

import msgspec

from millstream import settings
from millstream.deploy.container.context import ImageOptions, Sources, labels, sources
from millstream.deploy.container.folder import check_empty
from millstream.deploy.container.lock import compiled
from millstream.deploy.container.service import USER
from millstream.deploy.flask.dockerfile import dockerfile
from millstream.errors import InvalidParameter
from millstream.masking import shown
from millstream.model_format.manifest import Manifest
from millstream.model_format.schema import Schema

_TEMPLATES = Path(__file__).parent / "template"
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+==[^\s;\\]+)", re.MULTILINE)
_NEEDED = ("flask", "gunicorn")
_IGNORED = ".venv\n**/__pycache__\n.pytest_cache\n"
_EXAMPLE = "serving_input_example.json"


class AppOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen of an application.

    `name` is that of its image, a DNS label; None makes one of the model's. `port` is what it
    listens on.
    """

    name: str | None = None
    port: int = 5000
    image: ImageOptions = ImageOptions()


def write_app(model: Path, folder: Path, model_uri: str, options: AppOptions) -> str:
    """Write an application around the model in a folder, and say what it is called.

    `folder` is empty or absent. `model_uri` is what the model is called in the code, where nothing
    of it can become code; passwords in it are left out. A model whose files are not those that were
    saved raises DATA_LOSS.
    """
    name = checked_name(options.name or name_of(model_uri))
    if not 0 < options.port < 65536:
        raise InvalidParameter(f"--port is a number from 1 to 65535, not {options.port}.")
    known_as = shown(model_uri)
    if not known_as.isprintable():
        raise InvalidParameter(f"The model's address {known_as!r} has unprintable characters.")
    check_empty(folder)
    found = sources(model, options.image, _NEEDED)
    written = {
        **code(found.manifest, model, known_as, options.port),
        "README.md": _readme(found, name, known_as, options.port),
        "Dockerfile": dockerfile(found.base, labels(found.manifest, known_as), options.port),
        "requirements-test.txt": _test_lock(found),
        ".dockerignore": _IGNORED,
    }
    found.write(folder, written)
    return name


def checked_name(name: str) -> str:
    """A name of an application, a DNS label; anything else raises `InvalidParameter`."""
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"{name!r} is no name of an application: it has up to 63 lower-case letters, digits "
            "and '-', begins with a letter and does not end with '-'."
        )
    return name


def name_of(model_uri: str) -> str:
    """A name made of the model's: `churn` for `models:/churn/3`, `churn@champion` or `a/churn`."""
    scheme, _, path = model_uri.rpartition(":/")
    parts = [part for part in re.split(r"[/\\]", path) if part]
    named = parts[0] if scheme == "models" and parts else (parts or [""])[-1]
    plain = re.sub(r"[^a-z0-9]+", "-", named.partition("@")[0].lower())
    plain = plain.lstrip("-0123456789")[:63].strip("-")
    return plain or "model"


def code(manifest: Manifest, model: Path, model_uri: str, port: int) -> Mapping[str, str]:
    """The Python files of an application, by their names; `model` is the model's folder."""
    return {
        "app.py": _filled("app.py", model_uri=literal(model_uri)),
        "gunicorn.conf.py": _filled("gunicorn.conf.py", port=str(port)),
        "test_app.py": _tests(manifest, model),
    }


def _tests(manifest: Manifest, model: Path) -> str:
    """The tests of all applications, and those that this model's example and signature allow."""
    more = []
    schema = manifest.get_input_schema()
    names = ["JSON", "MODEL_URI", "app"]
    if manifest.get_serving_input(str(model)) is not None:
        more.append(_filled("test_example.py"))
        names += ["MODEL", "model"]
    if schema is None:
        more.append(_filled("test_features.py"))
        names.append("model")
    elif schema.has_input_names() and not (
        schema.is_tensor_spec() or manifest.is_signature_from_type_hint
    ):
        more.append(_filled("test_columns.py", too_many=str(len(schema) + 1)))
        required = _required(schema)
        if required:
            more.append(_filled("test_named.py", column=literal(required[0])))
    ordered = sorted(set(names), key=lambda name: (not name.isupper(), name))
    return "".join([_filled("test_app.py", imported=", ".join(ordered)), *more])


def _required(schema: Schema) -> list[str]:
    """The names of the columns that a body has to have."""
    return [spec.name for spec in schema if spec.name is not None and spec.required]


def _readme(found: Sources, name: str, model_uri: str, port: int) -> str:
    has_example = (found.model / _EXAMPLE).is_file()
    return _filled(
        "README.md",
        name=name,
        model_uri=code_span(model_uri),
        port=str(port),
        python=found.target.python,
        user=str(USER),
        body=f"@model/{_EXAMPLE}" if has_example else _body(found.manifest.get_input_schema()),
    )


def _body(schema: Schema | None) -> str:
    """A body to begin with, as a word of a shell."""
    width = 1 if schema is None else len(schema)
    return f"'{json.dumps({'data': [[0] * width]})}'"


def _test_lock(found: Sources) -> str:
    """The lock of what the tests need, where it agrees with that of the application."""
    locked = _LOCKED.findall(found.locks["requirements.txt"])
    return compiled(["pytest"], locked, found.target, settings.process_variables())


def _filled(name: str, /, **values: str) -> str:
    return Template((_TEMPLATES / f"{name}.txt").read_text("utf-8")).substitute(values)


def literal(text: str) -> str:
    """Printable text as a literal of Python, which JSON's texts are."""
    return json.dumps(text, ensure_ascii=False)


def code_span(text: str) -> str:
    """Text as code in Markdown, whatever it has of backticks."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"{fence}{text}{fence}"
