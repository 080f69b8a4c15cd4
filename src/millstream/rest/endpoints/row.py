"""One row of the table: path, request, operation, answer, what it costs and who may ask."""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec


class Effort(Enum):
    """What answering costs, and so where it may run.

    A POINT read touches a few rows and may run on the event loop; a SCAN runs on a reader thread;
    a WRITE is handed to the writer and answers with a `Pending`; a HASH hashes a password, which
    takes a tenth of a second of a core, and runs on the few threads kept for that, which wait for
    the `Pending` if there is one.
    """

    POINT = "point"
    SCAN = "scan"
    WRITE = "write"
    HASH = "hash"


Action = Literal["create", "read", "edit", "delete", "use", "approve", "manage"]
Resource = Literal[
    "anybody",
    "artifact",
    "audit",
    "deployment",
    "experiment",
    "group",
    "logged_model",
    "named",
    "registered_model",
    "role",
    "run",
    "self",
    "server",
    "stages",
    "token",
    "transition_request",
    "user",
    "view",
    "webhook",
    "workspace",
]
Told = Literal["nothing", "asking", "actor", "exchange"]


class Permission(msgspec.Struct, frozen=True):
    """Doing `action` needs it on the resource that the request names in `field`.

    Without a field the permission is about the kind of resource as a whole (creating one), or,
    for searches, filters what is returned. `anybody` is what everybody may, signed in or not, and
    `self` what everybody who is signed in may; `named` is what the request's `resource_type` and
    `resource_id` say. `server/access/policy.py` says what each of them takes.
    """

    action: Action
    resource: Resource
    field: str | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `path` follows the prefix; `{name}` in it fills the request's field of that name.

    `{name:path}` at the end takes slashes too. `operation` is `noun.method` of a backend: the
    nouns of `store.interface`, and `artifacts`. `envelope` is the key under which the answer
    stands in the JSON object; None: it is the object. `streams` marks the rows whose answer may be
    too large to be held whole. `lines` marks those whose operation gives its answer in slices, each
    item of which is sent as a line of JSON. `bare` marks the row whose JSON carries the tokens NaN
    and Infinity and empty lists, as Python's json module writes them. `missing` holds texts of its
    own for fields that are absent. `status` is that of a good answer; 204 has no body. `told` is
    what the operation takes beside the request: the `Asking` whose search or creation it is, the
    `Actor` for the audit log, or the exchange of which it changes the cookies.
    """

    methods: tuple[str, ...]
    path: str
    request: type[msgspec.Struct]
    operation: str
    answer: type[msgspec.Struct] | None
    effort: Effort
    permission: Permission
    envelope: str | None = None
    streams: bool = False
    lines: bool = False
    ajax_only: bool = False
    bare: bool = False
    told: Told = "nothing"
    summary: str = ""
    missing: dict[str, str] = {}
    status: int = 200

    @property
    def paths(self) -> tuple[str, ...]:
        """The full paths under which a server answers, the one to prefer first."""
        if self.path.startswith(OWN):
            return (self.path,)
        ajax = f"/ajax-api{self.path}"
        return (ajax,) if self.ajax_only else (f"/api{self.path}", ajax)


MLFLOW = "/2.0/mlflow"
MLFLOW_3 = "/3.0/mlflow"
OWN = "/api/v1"
