"""Gates of registered models, as the client sees them."""

from __future__ import annotations

from millstream.client.session import RegistryConnection
from millstream.entities import gates as g


class GateMethods(RegistryConnection):
    """What a client can do with the gates of a registered model."""

    def set_gate(self, name: str, gate: g.Gate, *, comment: str | None = None) -> g.Gate:
        """Give a registered model a gate, in the place of one of the same name."""
        request = g.SetGate(name, gate, user_id=self._user, comment=comment)
        return self._registry.gates.set(request).result()

    def delete_gate(self, name: str, gate: str, *, comment: str | None = None) -> None:
        """Take the gate of that name away; an absent one raises."""
        request = g.DeleteGate(name, gate, user_id=self._user, comment=comment)
        self._registry.gates.delete(request).result()

    def list_gates(self, name: str) -> list[g.Gate]:
        """The gates of a registered model, by name."""
        return self._registry.gates.list(g.ListGates(name)).gates

    def check_gates(
        self, name: str, version: str | int, stage: str | None = None, alias: str | None = None
    ) -> g.GateFindings:
        """What the gates would say to a move to a stage, or of an alias; nothing is moved."""
        return self._registry.gates.check(g.CheckGates(name, str(version), stage, alias))
