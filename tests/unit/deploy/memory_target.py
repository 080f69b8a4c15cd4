"""A target whose things are in a dictionary, and which fails where it is told to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from millstream.deploy.resources import Resource
from millstream.deploy.target import ChangeFailed, Status
from millstream.deploy.wish import Wish
from millstream.errors import Unavailable


class MemoryTarget:
    options: ClassVar[Mapping[str, str]] = {"replicas": "How many.", "ingress": "A host, if any."}

    def __init__(self, *, takes_image: bool = False) -> None:
        self.takes_image = takes_image
        self.things: dict[str, list[Resource]] = {}
        self.broken: set[tuple[str, str]] = set()
        self.spoiled: set[str] = set()
        self.ended: set[str] = set()
        self.states: list[Status] = []
        self.asked = 0

    def wanted(self, wish: Wish) -> Sequence[Resource]:
        body = {"model": wish.model_uri, "replicas": wish.config.get("replicas", "1")}
        found = [
            Resource("Account", wish.name, {"deployment": wish.name}),
            Resource("Server", wish.name, {"deployment": wish.name, "image": wish.image, **body}),
        ]
        if "ingress" in wish.config:
            found.append(
                Resource("Ingress", wish.name, {"deployment": wish.name, **dict(wish.config)})
            )
        return found

    def present(self, name: str, endpoint: str | None) -> Sequence[Resource]:  # noqa: ARG002  # it has none
        return [
            Resource(one.kind, one.name, {**one.body, "uid": "by the target"})
            for one in self.things.get(name, [])
        ]

    def make(self, after: Resource, before: Resource | None) -> None:
        if ("make", after.kind) in self.broken:
            raise Unavailable(f"no answer about {after.kind}")
        self.remove(after)
        self.things.setdefault(after.body["deployment"], []).append(after)
        assert before is None or before.key == after.key
        if after.kind in self.ended:
            self.ended.remove(after.kind)
            raise KeyboardInterrupt
        if after.kind in self.spoiled:
            self.spoiled.remove(after.kind)
            raise ChangeFailed(f"{after.kind} broke on the way")

    def remove(self, resource: Resource) -> None:
        if ("remove", resource.kind) in self.broken:
            raise Unavailable(f"no answer about {resource.kind}")
        name = resource.body["deployment"]
        left = [one for one in self.things.get(name, []) if one.key != resource.key]
        self.things[name] = left

    def names(self, endpoint: str | None) -> Sequence[str]:  # noqa: ARG002  # it has none
        return sorted(name for name, things in self.things.items() if things)

    def status(self, name: str, endpoint: str | None) -> Status:  # noqa: ARG002  # it has none
        self.asked += 1
        if self.states:
            return self.states.pop(0)
        return Status("ready", address=f"http://{name}.test/invocations")

    def logs(self, name: str, endpoint: str | None, *, follow: bool) -> Iterator[str]:  # noqa: ARG002  # it has none
        yield f"{name} began"
        if follow:
            yield "and goes on"

    def predict(self, name: str, endpoint: str | None, body: bytes) -> bytes:  # noqa: ARG002  # it has none
        return json.dumps({"predictions": [name, json.loads(body)]}).encode()
