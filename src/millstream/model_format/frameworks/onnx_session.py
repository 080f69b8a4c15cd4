"""Sessions of ONNX Runtime, of what MLmodel says of providers and options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from millstream.errors import InvalidParameter, NotSupported

_CPU = "CPUExecutionProvider"
PROVIDERS = ["CUDAExecutionProvider", _CPU]
# Those of a session's options that neither write files nor load libraries.
_OPTIONS = {
    "enable_cpu_mem_arena", "enable_mem_pattern", "enable_mem_reuse", "execution_mode",
    "graph_optimization_level", "inter_op_num_threads", "intra_op_num_threads",
    "log_severity_level", "log_verbosity_level", "use_deterministic_compute",
}  # fmt: skip
_CONFIG = "extra_session_config"
_ENUMERATIONS: dict[str, dict[Any, Any]] = {
    "execution_mode": {
        "sequential": onnxruntime.ExecutionMode.ORT_SEQUENTIAL,
        "parallel": onnxruntime.ExecutionMode.ORT_PARALLEL,
    },
    "graph_optimization_level": {
        0: onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
        1: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
        2: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
        99: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    },
}


def session(
    path: Path, flavor: Mapping[str, Any], allow_pickle: bool
) -> onnxruntime.InferenceSession:
    """The model ready to predict, with those of its providers that there are on this machine."""
    wanted = list(flavor.get("providers") or PROVIDERS)
    if not allow_pickle and any(not isinstance(one, str) for one in wanted):
        raise NotSupported(
            f"the model sets options of its execution providers ({wanted}), which may load "
            "libraries; that is disallowed, since MILLSTREAM_ALLOW_PICKLE is 'false'"
        )
    present = set(onnxruntime.get_available_providers())
    providers = [
        one if isinstance(one, str) else tuple(one)
        for one in wanted
        if (one if isinstance(one, str) else one[0]) in present
    ]
    options = session_options(flavor.get("onnx_session_options"), allow_config=allow_pickle)
    return onnxruntime.InferenceSession(path, options, providers=providers or [_CPU])


def session_options(
    given: Mapping[str, Any] | None, allow_config: bool
) -> onnxruntime.SessionOptions:
    """The options of a session from what MLmodel says.

    Those that name files raise `InvalidParameter`; the entries under `extra_session_config` count
    only where `allow_config` is true, since they may name files too.
    """
    options = onnxruntime.SessionOptions()
    for name, value in (given or {}).items():
        if name == _CONFIG:
            _configure(options, value, allow_config)
        elif name not in _OPTIONS:
            raise InvalidParameter(
                f"{name!r} is not an option of sessions of ONNX models; these are: "
                f"{sorted([*_OPTIONS, _CONFIG])}"
            )
        else:
            setattr(options, name, _option(name, value))
    return options


def _option(name: str, value: Any) -> Any:
    known = _ENUMERATIONS.get(name)
    if known is None:
        return value
    key = value.lower() if isinstance(value, str) else value
    if key not in known:
        raise InvalidParameter(f"{name} is one of {list(known)}, not {value!r}")
    return known[key]


def _configure(
    options: onnxruntime.SessionOptions, entries: Mapping[str, Any], allowed: bool
) -> None:
    if entries and not allowed:
        raise NotSupported(
            f"the model sets {_CONFIG} ({dict(entries)}), which may name files to read and write; "
            "that is disallowed, since MILLSTREAM_ALLOW_PICKLE is 'false'"
        )
    for key, value in (entries or {}).items():
        options.add_session_config_entry(str(key), str(value))
