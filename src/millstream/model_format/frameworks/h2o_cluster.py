"""H2O: the cluster that models are on, started on this machine if the program has none."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

import h2o

from millstream.errors import NotSupported

# What a model may say of the cluster that is started for it. The rest of `h2o.init` names other
# hosts, opens the cluster to them, or adds Java code; only the user may say such things.
_OWN_CLUSTER = {
    "nthreads", "max_mem_size", "min_mem_size", "name", "strict_version_check", "enable_assertions",
    "log_level", "max_log_file_size", "verbose",
}  # fmt: skip


def connect(wanted: Mapping[str, Any]) -> None:
    """Start a cluster that only this machine reaches, unless the program has one."""
    connection = h2o.connection()
    if connection is not None and connection.connected:
        return
    refused = sorted(set(wanted) - _OWN_CLUSTER)
    if refused:
        raise NotSupported(
            f"the model asks for a cluster of H2O with {refused}, which only you may say: call "
            "`h2o.init` with them before the model is loaded. A model may say "
            f"{sorted(_OWN_CLUSTER)}"
        )
    with redirect_stdout(sys.stderr):  # predictions go to stdout, and what H2O remarks does not
        h2o.init(**{"verbose": False, **wanted}, bind_to_localhost=True)
    atexit.register(_disconnect)


def _disconnect() -> None:
    """Leave the cluster before H2O does so at exit, which prints a line after the program's own."""
    connection = h2o.connection()
    if connection is not None and connection.connected:
        connection.close()
