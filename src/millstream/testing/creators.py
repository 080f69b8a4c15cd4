"""The contract of creators: whoever creates an experiment or a registered model manages it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from millstream.entities import experiments as e
from millstream.entities import permissions as p
from millstream.entities import registered_models as rm
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.errors import AlreadyExists, MillstreamError
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.testing.access import BY, caller, last_event, new_user
from millstream.testing.fixtures import unique
from millstream.testing.permissions import with_token

Create = Callable[[Store, str, Asking | None], p.Resource]


def an_experiment(store: Store, name: str, asking: Asking | None) -> p.Resource:
    """Create an experiment."""
    made = store.experiments.create(e.CreateExperiment(name), asking).result()
    return p.Resource("experiment", made.experiment_id)


def a_registered_model(store: Store, name: str, asking: Asking | None) -> p.Resource:
    """Create a registered model."""
    made = store.registered_models.create(rm.CreateRegisteredModel(name), asking).result()
    return p.Resource("registered_model", made.name)


def members_of(access: Access, resource: p.Resource) -> list[p.Member]:
    """Who was granted something on the resource itself."""
    found = access.permissions.list_members(resource).members
    return [member for member in found if member.resource_pattern == resource.resource_id]


class CreatorsContract:
    """What every store promises about creators."""

    @pytest.fixture(params=[an_experiment, a_registered_model])
    def create(self, request: pytest.FixtureRequest) -> Create:
        """Creates a resource of each type."""
        found: Create = request.param
        return found

    @pytest.mark.parametrize("is_admin", [False, True])
    def test_who_creates_something_manages_it(
        self, access: Access, store: Store, create: Create, is_admin: bool
    ) -> None:
        user, other = new_user(access, is_admin=is_admin), new_user(access)
        asking = Asking(user, caller(access, user), "192.0.2.7", "NO_PERMISSIONS")
        made = create(store, unique("made"), asking)
        kind, resource_id = made.resource_type, made.resource_id
        assert members_of(access, made) == [p.Member("MANAGE", kind, resource_id, username=user)]
        event = last_event(access)
        assert (event.action, event.resource_type, event.resource_id) == (
            "permission.grant",
            kind,
            resource_id,
        )
        assert event.details == {"permission": "MANAGE", "user": user}
        assert (event.actor, event.address, event.token_id) == (user, "192.0.2.7", None)
        assert access.permissions.get(caller(access, other), made).permission == "READ"

    def test_a_token_creates_for_its_user(
        self, access: Access, store: Store, create: Create
    ) -> None:
        user = new_user(access)
        who = with_token(access, user, "write")
        made = create(store, unique("made"), Asking(user, who))
        assert access.permissions.get(who, made).permission == "EDIT"
        assert access.permissions.get(caller(access, user), made).permission == "MANAGE"
        assert last_event(access).token_id == who.token_id

    def test_nothing_is_granted_where_access_is_not_controlled(
        self, access: Access, store: Store, create: Create
    ) -> None:
        before = access.version()
        for asking in (None, Asking("somebody")):
            made = create(store, unique("made"), asking)
            assert members_of(access, made) == []
        assert access.version() == before

    def test_nothing_is_granted_where_nothing_is_created(
        self, access: Access, store: Store, create: Create
    ) -> None:
        owner, other, name = new_user(access), new_user(access), unique("made")
        made = create(store, name, Asking(owner, caller(access, owner)))
        before = access.version()
        with pytest.raises(AlreadyExists):
            create(store, name, Asking(other, caller(access, other)))
        assert access.version() == before
        assert access.permissions.get(caller(access, other), made).permission == "READ"

    def test_who_is_gone_is_given_nothing(
        self, access: Access, store: Store, create: Create
    ) -> None:
        user = new_user(access)
        asking = Asking(user, caller(access, user))
        access.users.delete(u.UserName(user), BY).result()
        access.users.create(u.CreateUser(user), BY).result()
        before = access.version()
        with pytest.raises(MillstreamError, match=f"There is no user '{user}' any more"):
            create(store, unique("made"), asking)
        assert access.version() == before
        own = msgspec.structs.replace(asking, caller=caller(access, user))
        assert create(store, unique("made"), own)
