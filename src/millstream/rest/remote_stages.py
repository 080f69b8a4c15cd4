"""Stages, requests for moves and gates as requests."""

from __future__ import annotations

from millstream.entities import gates as g
from millstream.entities import stages as st
from millstream.entities import transition_requests as tr
from millstream.entities.asking import Asking
from millstream.rest.caller import Caller
from millstream.store.pending import Pending


class _Noun:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller


class RemoteStages(_Noun):
    """The stages of a server."""

    def get_policy(self, request: st.GetStagePolicy) -> st.StagePolicy:
        """The stages in their order."""
        return self._caller.read("stages.get_policy", request, st.StagePolicy)

    def set_policy(self, request: st.SetStagePolicy) -> Pending[st.StagePolicy]:
        """Replace them."""
        return self._caller.write("stages.set_policy", request, st.StagePolicy)


class RemoteTransitionRequests(_Noun):
    """The requests for moves on a server."""

    def create(self, request: tr.CreateTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Ask for a move."""
        return self._caller.write("transition_requests.create", request, tr.TransitionRequest)

    def get(self, request: tr.TransitionRequestId) -> tr.TransitionRequest:
        """Get by id."""
        return self._caller.read("transition_requests.get", request, tr.TransitionRequest)

    def approve(
        self, request: tr.ApproveTransitionRequest, asking: Asking | None = None
    ) -> Pending[tr.TransitionRequest]:
        """Approve, which performs the move."""
        operation = "transition_requests.approve"
        return self._caller.write(operation, request, tr.TransitionRequest, asking)

    def reject(self, request: tr.RejectTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Refuse."""
        return self._caller.write("transition_requests.reject", request, tr.TransitionRequest)

    def cancel(self, request: tr.CancelTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Take back."""
        return self._caller.write("transition_requests.cancel", request, tr.TransitionRequest)

    def search(
        self, request: tr.SearchTransitionRequests, asking: Asking | None = None
    ) -> tr.TransitionRequestPage:
        """The requests of a model or of all."""
        return self._caller.read(
            "transition_requests.search", request, tr.TransitionRequestPage, asking
        )


class RemoteGates(_Noun):
    """The gates of a server's registered models."""

    def set(self, request: g.SetGate) -> Pending[g.Gate]:
        """Give a model a gate."""
        return self._caller.write("gates.set", request, g.Gate)

    def delete(self, request: g.DeleteGate) -> Pending[None]:
        """Take a gate away."""
        return self._caller.command("gates.delete", request)

    def list(self, request: g.ListGates) -> g.GateList:
        """The gates of a model."""
        return self._caller.read("gates.list", request, g.GateList)

    def check(self, request: g.CheckGates, asking: Asking | None = None) -> g.GateFindings:
        """What the gates say to a move that is not made."""
        return self._caller.read("gates.check", request, g.GateFindings, asking)
