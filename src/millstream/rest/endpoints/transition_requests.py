"""The rows about requests for moves."""

from __future__ import annotations

from millstream.entities import transition_requests as tr
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_PATH = f"{OWN}/transition-requests"
_DECIDE = Permission("approve", "transition_request", "request_id")

TRANSITION_REQUESTS = (
    Endpoint(
        methods=("POST",),
        path=_PATH,
        request=tr.CreateTransitionRequest,
        operation="transition_requests.create",
        answer=tr.TransitionRequest,
        effort=Effort.WRITE,
        permission=Permission("edit", "registered_model", "name"),
        summary="Ask for a move of a version or an alias",
    ),
    Endpoint(
        methods=("GET",),
        path=_PATH,
        request=tr.SearchTransitionRequests,
        operation="transition_requests.search",
        answer=tr.TransitionRequestPage,
        effort=Effort.SCAN,
        permission=Permission("read", "registered_model", "name"),
        told="asking",
        summary="List the requests for moves, newest first",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_PATH}/{{request_id}}",
        request=tr.TransitionRequestId,
        operation="transition_requests.get",
        answer=tr.TransitionRequest,
        effort=Effort.POINT,
        permission=Permission("read", "transition_request", "request_id"),
        summary="Get a request for a move",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_PATH}/{{request_id}}/approve",
        request=tr.ApproveTransitionRequest,
        operation="transition_requests.approve",
        answer=tr.TransitionRequest,
        effort=Effort.WRITE,
        permission=_DECIDE,
        told="asking",
        summary="Approve a request, which performs the move",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_PATH}/{{request_id}}/reject",
        request=tr.RejectTransitionRequest,
        operation="transition_requests.reject",
        answer=tr.TransitionRequest,
        effort=Effort.WRITE,
        permission=_DECIDE,
        summary="Refuse a request",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_PATH}/{{request_id}}/cancel",
        request=tr.CancelTransitionRequest,
        operation="transition_requests.cancel",
        answer=tr.TransitionRequest,
        effort=Effort.WRITE,
        permission=Permission("edit", "transition_request", "request_id"),
        summary="Take a request back",
    ),
)
