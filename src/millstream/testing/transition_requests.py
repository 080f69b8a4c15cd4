"""The contract of requests for moves, and of their approval."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import stages as st
from millstream.entities import transition_requests as tr
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied
from millstream.store.interface import Store
from millstream.testing.fixtures import unique
from millstream.testing.model_versions import get_version, move, stages
from millstream.testing.registered_models import get, new_registered_model, new_version
from millstream.testing.registry_events import history
from millstream.testing.stages import WithStages, set_policy
from millstream.testing.webhooks import new_webhook, told


def ask(store: Store, name: str, version: str | None, **asked: object) -> tr.TransitionRequest:
    """Ask as ada for what `asked` says."""
    request = tr.CreateTransitionRequest(name, version, user_id="ada", comment="please", **asked)  # type: ignore[arg-type]  # the fields of the request
    return store.transition_requests.create(request).result()


def approve(store: Store, request_id: str, user_id: str = "bob") -> tr.TransitionRequest:
    """Approve a request."""
    request = tr.ApproveTransitionRequest(request_id, user_id=user_id, comment="fine")
    return store.transition_requests.approve(request).result()


def protect_production(store: Store, *aliases: str, self_approval: bool = False) -> None:
    """Protect Production and these aliases."""
    production = st.Stage("Production", True, self_approval)
    set_policy(store, [st.Stage("Staging"), production], [*aliases])


class TransitionRequestsContract(WithStages):
    """What every store promises about requests for moves."""

    def test_an_approved_request_moves(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2):
            new_version(store, name, number)
        move(store, name, "1", "Production")
        protect_production(store)
        made = ask(store, name, "2", stage="production", archive_existing_versions=True)
        assert (made.status, made.from_stage, made.stage) == ("PENDING", "None", "Production")
        assert (made.user_id, made.comment, made.stale) == ("ada", "please", False)
        assert stages(store, name) == {"1": "Production", "2": "None"}
        done = approve(store, made.request_id)
        assert (done.status, done.decided_by, done.decision_comment) == ("APPROVED", "bob", "fine")
        assert stages(store, name) == {"1": "Archived", "2": "Production"}
        assert store.transition_requests.get(tr.TransitionRequestId(made.request_id)) == done
        asked, approved, archived, moved = history(store, name)[-4:]
        assert [event.kind for event in (asked, approved, archived, moved)] == [
            *("TRANSITION_REQUESTED", "TRANSITION_APPROVED", "STAGE_CHANGED", "STAGE_CHANGED")
        ]
        assert approved.change_id == archived.change_id == moved.change_id != asked.change_id
        assert asked.subject == approved.subject == made.request_id
        assert (asked.from_value, asked.to_value, asked.user_id) == ("None", "Production", "ada")
        assert (moved.user_id, moved.comment, moved.version) == ("bob", "fine", "2")

    def test_webhooks_are_told_of_requests_and_decisions(self, store: Store) -> None:
        webhook = new_webhook(store, "transition_request.created", "transition_request.updated")
        name = new_registered_model(store)
        new_version(store, name)
        protect_production(store)
        made = ask(store, name, "1", stage="Production")
        approve(store, made.request_id)
        (created, asked), (updated, decided) = told(store, webhook)
        assert (created, updated) == ("transition_request.created", "transition_request.updated")
        assert (asked["kind"], decided["kind"]) == ("transition_requested", "transition_approved")
        assert asked["subject"] == decided["subject"] == made.request_id
        assert (asked["name"], asked["version"], asked["to_value"]) == (name, "1", "Production")
        assert (decided["user_id"], decided["comment"]) == ("bob", "fine")

    def test_an_alias_moves_and_goes_by_request(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        protect_production(store, "golden")
        for alias in ("golden", "production"):
            made = ask(store, name, "1", alias=alias)
            approve(store, made.request_id)
            assert get(store, name).aliases == {alias: "1"}
            gone = ask(store, name, None, alias=alias)
            assert (gone.version, gone.from_version) == (None, "1")
            approve(store, gone.request_id)
            assert get(store, name).aliases == {}
        requested = [event for event in history(store, name) if event.subject == gone.request_id]
        assert [(event.from_value, event.to_value) for event in requested] == [
            *[("1", "@production")] * 2
        ]

    def test_who_asked_does_not_approve(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        protect_production(store)
        made = ask(store, name, "1", stage="Production")
        with pytest.raises(PermissionDenied, match="was made by 'ada', who may not approve it too"):
            approve(store, made.request_id, "ada")
        assert stages(store, name) == {"1": "None"}
        protect_production(store, self_approval=True)
        approve(store, made.request_id, "ada")
        assert stages(store, name) == {"1": "Production"}
        protect_production(store)
        out = ask(store, name, "1", stage="Staging")
        with pytest.raises(PermissionDenied, match="who may not approve it too"):
            approve(store, out.request_id, "ada")
        set_policy(store, [st.Stage("Staging"), st.Stage("Production")])
        approve(store, out.request_id, "ada")
        assert stages(store, name) == {"1": "Staging"}

    def test_who_asked_does_not_archive_what_was_there_where_that_is_protected(
        self, store: Store
    ) -> None:
        name = new_registered_model(store)
        for number in (1, 2):
            new_version(store, name, number)
        move(store, name, "1", "Production")
        archived = st.Stage("Archived", protected=True)
        set_policy(store, [st.Stage("Production"), archived])
        made = ask(store, name, "2", stage="Production", archive_existing_versions=True)
        with pytest.raises(PermissionDenied, match="was made by 'ada', who may not approve it too"):
            approve(store, made.request_id, "ada")
        assert stages(store, name) == {"1": "Production", "2": "None"}
        approve(store, made.request_id, "bob")
        assert stages(store, name) == {"1": "Archived", "2": "Production"}

    def test_a_rejected_or_cancelled_request_ends(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        made = ask(store, name, "1", stage="Production")
        reject = tr.RejectTransitionRequest(made.request_id, user_id="bob", comment="too early")
        rejected = store.transition_requests.reject(reject).result()
        assert (rejected.status, rejected.decision_comment) == ("REJECTED", "too early")
        other = ask(store, name, "1", stage="Production")
        cancel = tr.CancelTransitionRequest(other.request_id, user_id="ada")
        assert store.transition_requests.cancel(cancel).result().status == "CANCELLED"
        assert [event.kind for event in history(store, name)[-3:]] == [
            *("TRANSITION_REJECTED", "TRANSITION_REQUESTED", "TRANSITION_CANCELLED")
        ]
        for request_id, state in ((made.request_id, "REJECTED"), (other.request_id, "CANCELLED")):
            with pytest.raises(InvalidParameter, match=f"is {state} already by"):
                approve(store, request_id)
        assert stages(store, name) == {"1": "None"}

    def test_a_stale_request_says_so(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2):
            new_version(store, name, number)
        by_stage = ask(store, name, "1", stage="Production")
        by_alias = ask(store, name, "1", alias="champion")
        move(store, name, "1", "Staging")
        alias = rm.SetRegisteredModelAlias(name, "champion", "2")
        store.registered_models.set_alias(alias).result()
        page = store.transition_requests.search(tr.SearchTransitionRequests(name))
        assert [each.stale for each in page.transition_requests] == [True, True]
        stood = "version 1 .* stood at None when it was made, and stands at Staging now"
        with pytest.raises(InvalidParameter, match=stood):
            approve(store, by_stage.request_id)
        with pytest.raises(InvalidParameter, match=r"stood at no version .* stands at 2 now"):
            approve(store, by_alias.request_id)
        kept = tr.TransitionRequestId(by_stage.request_id)
        assert store.transition_requests.get(kept).status == "PENDING"

    def test_requests_end_with_what_they_are_about(self, store: Store) -> None:
        name, new_name = new_registered_model(store), unique("model")
        for number in (1, 2):
            new_version(store, name, number)
        first, second = (ask(store, name, number, stage="Staging") for number in ("1", "2"))
        store.registered_models.rename(rm.RenameRegisteredModel(name, new_name)).result()
        store.model_versions.delete(mv.DeleteModelVersion(new_name, "1", user_id="eve")).result()
        get_request = store.transition_requests.get
        ended = get_request(tr.TransitionRequestId(first.request_id))
        assert (ended.status, ended.decided_by, ended.name) == ("CANCELLED", "eve", new_name)
        assert get_request(tr.TransitionRequestId(second.request_id)).status == "PENDING"
        store.registered_models.delete(rm.DeleteRegisteredModel(new_name)).result()
        assert get_request(tr.TransitionRequestId(second.request_id)).status == "CANCELLED"
        with pytest.raises(InvalidParameter, match="is CANCELLED already"):
            approve(store, second.request_id)

    def test_requests_that_make_no_sense(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        made = ask(store, name, "1", stage="Staging")
        with pytest.raises(AlreadyExists, match=f"request {made.request_id} asks for the same"):
            ask(store, name, "1", stage="staging")
        with pytest.raises(InvalidParameter, match="exactly one of 'stage' and 'alias'"):
            ask(store, name, "1")
        with pytest.raises(InvalidParameter, match="needs the 'version' to move"):
            ask(store, name, None, stage="Staging")
        with pytest.raises(InvalidParameter, match="is in the stage 'None' already"):
            ask(store, name, "1", stage="None")
        with pytest.raises(InvalidParameter, match="alias 'x' points to no version already"):
            ask(store, name, None, alias="x")
        with pytest.raises(InvalidParameter, match="goes with a 'stage'"):
            ask(store, name, "1", alias="x", archive_existing_versions=True)
        with pytest.raises(InvalidParameter, match="is for active stages"):
            ask(store, name, "1", stage="Archived", archive_existing_versions=True)
        with pytest.raises(NotFound, match=rf"\(name={name}, version=9\) not found"):
            ask(store, name, "9", stage="Staging")
        for request_id in ("999999999", "x", "9" * 30):
            with pytest.raises(NotFound, match=f"Transition request {request_id} not found"):
                approve(store, request_id)

    def test_moves_that_no_approval_could_allow(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        begin = st.Stage("None", next_stages=["Staging"])
        set_policy(store, [begin, st.Stage("Staging"), st.Stage("Production")])
        with pytest.raises(InvalidParameter, match="Allowed from 'None': Staging"):
            ask(store, name, "1", stage="Archived")

    def test_requests_in_pages(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2, 3):
            new_version(store, name, number)
        made = [ask(store, name, str(number), stage="Staging") for number in (1, 2, 3)]
        approve(store, made[0].request_id)
        search = store.transition_requests.search
        first = search(tr.SearchTransitionRequests(name, status="PENDING", max_results=1))
        assert [each.version for each in first.transition_requests] == ["3"]
        request = tr.SearchTransitionRequests(
            name, status="PENDING", max_results=1, page_token=first.next_page_token
        )
        second = search(request)
        assert [each.version for each in second.transition_requests] == ["2"]
        assert second.next_page_token is None
        of_version = search(tr.SearchTransitionRequests(name, "1")).transition_requests
        assert [each.status for each in of_version] == ["APPROVED"]

    def test_of_two_approvals_at_once_one_wins(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        protect_production(store)
        made = ask(store, name, "1", stage="Production")

        def attempt(user: int) -> str:
            try:
                return approve(store, made.request_id, f"user{user}").decided_by or ""
            except InvalidParameter as error:
                assert "is APPROVED already" in error.message  # noqa: PT017  # in a thread
                return ""

        with ThreadPoolExecutor(8) as pool:
            winners = [name for name in pool.map(attempt, range(8)) if name]
        assert len(winners) == 1
        moved = [event for event in history(store, name) if event.kind == "STAGE_CHANGED"]
        assert [event.user_id for event in moved] == winners
        assert get_version(store, name).current_stage == "Production"
