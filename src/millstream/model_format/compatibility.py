"""Whether one model can take another's place: their signatures compared as MLmodel has them.

Whatever the present model, the champion, accepts has to be accepted, and whatever it gives has to
be given. A champion that says nothing of inputs, outputs or params promised nothing about them.
Types are compared in their JSON form, so no library has to be loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from millstream.errors import InvalidParameter

Form = Mapping[str, Any]

_WIDER = {"integer": ("long", "double"), "float": ("double",)}
_ANY = "any"


def mismatches(champion: object, candidate: object) -> list[str]:
    """Why the candidate's signature does not fit in the place of the champion's.

    Both are the `signature` of an MLmodel, or None where it has none.
    """
    old, new = _schemas(champion), _schemas(candidate)
    found: list[str] = []
    if old["inputs"] is not None and new["inputs"] is not None:
        found += _inputs(old["inputs"], new["inputs"])
    if old["params"] is not None:
        found += _params(old["params"], new["params"] or [])
    if old["outputs"] is not None:
        if new["outputs"] is None:
            found.append("it does not say what it gives (no outputs)")
        else:
            found += _outputs(old["outputs"], new["outputs"])
    return found


def _schemas(signature: object) -> dict[str, list[Form] | None]:
    if signature is None:
        signature = {}
    if not isinstance(signature, Mapping):
        raise InvalidParameter(f"the signature in MLmodel is no mapping: {signature!r}")
    return {name: _schema(signature.get(name), name) for name in ("inputs", "outputs", "params")}


def _schema(text: object, name: str) -> list[Form] | None:
    if not text:
        return None
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"the {name} of the signature in MLmodel are no JSON") from error
    items: list[object] = found if isinstance(found, list) else [found]
    forms = [item for item in items if isinstance(item, Mapping)]
    if len(forms) != len(items):
        raise InvalidParameter(f"the {name} of the signature in MLmodel are no list of columns")
    return forms


def _named(forms: list[Form]) -> dict[str, Form]:
    """Columns or tensors by name, or by place where they have none."""
    return {
        str(place) if form.get("name") is None else str(form["name"]): form
        for place, form in enumerate(forms)
    }


def _inputs(old_forms: list[Form], new_forms: list[Form]) -> Iterator[str]:
    old, new = _named(old_forms), _named(new_forms)
    if _is_tensor(old_forms) != _is_tensor(new_forms):
        yield f"it takes {_kind(new_forms)} where the champion takes {_kind(old_forms)}"
        return
    yield from _members("input", old, new)
    unnamed = any(form.get("name") is None for form in new_forms)
    if unnamed and len(old) > len(new):
        yield f"it takes {len(new)} inputs where the champion takes {len(old)}"


def _members(what: str, old: Mapping[str, Form], new: Mapping[str, Form]) -> Iterator[str]:
    """Whether all that fits in the old members fits in the new ones."""
    for name, form in new.items():
        before = old.get(name)
        required = form.get("required", True)
        if before is None:
            if required:
                yield f"it requires the new {what} '{name}'"
            continue
        if required and not before.get("required", True):
            yield f"it requires the {what} '{name}', which the champion lets be absent"
        if not _accepts(form, before):
            yield (
                f"the {what} '{name}' is {_shown(form)} and does not take all of {_shown(before)}"
            )


def _outputs(old_forms: list[Form], new_forms: list[Form]) -> Iterator[str]:
    new = _named(new_forms)
    for name, form in _named(old_forms).items():
        if name not in new:
            yield f"it does not give the output '{name}' any more"
        elif not _same(form, new[name]):
            yield f"the output '{name}' is {_shown(new[name])} and was {_shown(form)}"


def _params(old_forms: list[Form], new_forms: list[Form]) -> Iterator[str]:
    new = _named(new_forms)
    for name, form in _named(old_forms).items():
        if name not in new:
            yield f"it does not take the param '{name}' any more"
        elif not _accepts(new[name], form) or new[name].get("shape") != form.get("shape"):
            yield f"the param '{name}' is {_shown(new[name])} and was {_shown(form)}"


def _accepts(new: Form, old: Form) -> bool:
    """Whether all values of the old type are values of the new one, or become so without loss."""
    kind, before = new.get("type"), old.get("type")
    if kind == _ANY:
        return True
    if kind == "tensor" and before == "tensor":
        return _tensor_accepts(new.get("tensor-spec") or {}, old.get("tensor-spec") or {})
    if kind != before:
        return kind in _WIDER.get(str(before), ())
    if kind == "array":
        return _accepts(new.get("items") or {}, old.get("items") or {})
    if kind == "map":
        return _accepts(new.get("values") or {}, old.get("values") or {})
    if kind == "object":
        members = _members("property", old.get("properties") or {}, new.get("properties") or {})
        return not any(members)
    return True


def _tensor_accepts(new: Form, old: Form) -> bool:
    shape, before = list(new.get("shape") or []), list(old.get("shape") or [])
    return (
        new.get("dtype") == old.get("dtype")
        and len(shape) == len(before)
        and all(length in (-1, other) for length, other in zip(shape, before, strict=True))
    )


def _same(old: Form, new: Form) -> bool:
    described = ("type", "items", "values", "properties", "tensor-spec")
    return all(old.get(key) == new.get(key) for key in described)


def _is_tensor(forms: list[Form]) -> bool:
    return any(form.get("type") == "tensor" for form in forms)


def _kind(forms: list[Form]) -> str:
    return "tensors" if _is_tensor(forms) else "columns"


def _shown(form: Form) -> str:
    spec = form.get("tensor-spec")
    if isinstance(spec, Mapping):
        return f"a tensor of {spec.get('dtype')} {tuple(spec.get('shape') or ())}"
    inner = form.get("items") or form.get("values") or form.get("properties")
    return f"{form.get('type')}" + (f" of {json.dumps(inner)}" if inner else "")
