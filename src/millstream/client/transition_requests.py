"""Requests to move versions and aliases, as the client sees them."""

from __future__ import annotations

from millstream.client.paging import PagedList
from millstream.client.session import RegistryConnection
from millstream.entities import transition_requests as tr


class TransitionRequestMethods(RegistryConnection):
    """What a client can do with requests for moves. `comment` says in the history why."""

    def create_transition_request(
        self,
        name: str,
        version: str | int | None = None,
        stage: str | None = None,
        archive_existing_versions: bool = False,
        alias: str | None = None,
        *,
        comment: str | None = None,
    ) -> tr.TransitionRequest:
        """Ask for a move of a version to a stage, or of an alias to a version.

        An alias without a version asks to remove the alias.
        """
        request = tr.CreateTransitionRequest(
            name,
            None if version is None else str(version),
            stage,
            archive_existing_versions,
            alias,
            user_id=self._user,
            comment=comment,
        )
        return self._registry.transition_requests.create(request).result()

    def get_transition_request(self, request_id: str | int) -> tr.TransitionRequest:
        """Get a request by id."""
        return self._registry.transition_requests.get(tr.TransitionRequestId(str(request_id)))

    def approve_transition_request(
        self, request_id: str | int, *, comment: str | None = None
    ) -> tr.TransitionRequest:
        """Approve a pending request, which performs the move.

        What is protected is approved by somebody else than who asked, unless its stage allows
        `self_approval`.
        """
        request = tr.ApproveTransitionRequest(str(request_id), user_id=self._user, comment=comment)
        return self._registry.transition_requests.approve(request).result()

    def reject_transition_request(
        self, request_id: str | int, *, comment: str | None = None
    ) -> tr.TransitionRequest:
        """Refuse a pending request."""
        request = tr.RejectTransitionRequest(str(request_id), user_id=self._user, comment=comment)
        return self._registry.transition_requests.reject(request).result()

    def cancel_transition_request(
        self, request_id: str | int, *, comment: str | None = None
    ) -> tr.TransitionRequest:
        """Take a pending request back."""
        request = tr.CancelTransitionRequest(str(request_id), user_id=self._user, comment=comment)
        return self._registry.transition_requests.cancel(request).result()

    def search_transition_requests(
        self,
        name: str | None = None,
        version: str | int | None = None,
        status: tr.TransitionRequestStatus | None = None,
        max_results: int = 100,
        page_token: str | None = None,
    ) -> PagedList[tr.TransitionRequest]:
        """One page of the requests of a model, or of all, newest first."""
        request = tr.SearchTransitionRequests(
            name, None if version is None else str(version), status, max_results, page_token
        )
        page = self._registry.transition_requests.search(request)
        return PagedList(page.transition_requests, page.next_page_token)
