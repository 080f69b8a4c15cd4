"""Server-side apply, as kubernetes.io describes it under "Server-Side Apply".

What a manager said before and does not say now goes, unless the cluster or somebody else says it;
lists of things with a key are merged thing by thing.
"""

from __future__ import annotations

from typing import Any

_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "env": (("name",),),
    "imagePullSecrets": (("name",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "volumeMounts": (("mountPath",),),
    "volumes": (("name",),),
}


def merged(live: Any, before: Any, now: Any, field: str = "") -> Any:
    """What becomes of `live` when its manager, who said `before`, says `now`."""
    if isinstance(now, dict):
        live, before = (one if isinstance(one, dict) else {} for one in (live, before))
        kept = {key: _without(value, before.get(key)) for key, value in live.items()}
        kept = {key: value for key, value in kept.items() if value is not None}
        said = {
            key: merged(live.get(key), before.get(key), value, key) for key, value in now.items()
        }
        return {**kept, **said}
    keys = _keys(field, now)
    if keys is None:
        return now
    there, said_before = (_by_key(one, keys) for one in (live, before))
    told = _by_key(now, keys)
    others = [one for key, one in there.items() if key not in said_before and key not in told]
    return others + [merged(there.get(key), said_before.get(key), one) for key, one in told.items()]


def _without(live: Any, said: Any) -> Any:
    """What is left of a value when somebody who said `said` of it does so no more."""
    if said is None:
        return live
    if isinstance(live, dict) and isinstance(said, dict):
        left = {key: _without(value, said.get(key)) for key, value in live.items()}
        return {key: value for key, value in left.items() if value is not None} or None
    return None


def _keys(field: str, said: Any) -> tuple[str, ...] | None:
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        return None
    fitting = (keys for keys in _KEYS.get(field, ()) if all(keys[0] in one for one in said))
    return next(fitting, None)


def _by_key(said: Any, keys: tuple[str, ...]) -> dict[tuple[Any, ...], Any]:
    return {tuple(one.get(key) for key in keys): one for one in said or []}
