"""The contract of saved views."""

from __future__ import annotations

import pytest

from millstream.entities import views as v
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, new_experiment, unique


def _save(
    store: Store, experiment_id: str | None, name: str, *, is_default: bool = False
) -> v.View:
    request = v.CreateView(name, f"filter={name}", experiment_id, is_default, "ada")
    return store.views.create(request).result()


class ViewsContract(Contract):
    """What every store promises about saved views."""

    def _listed(self, store: Store, experiment_id: str | None) -> list[v.View]:
        return store.views.list(v.ListViews(experiment_id)).views

    def test_a_view_is_saved_and_found(self, store: Store, experiment_id: str) -> None:
        saved = _save(store, experiment_id, "best runs é")
        assert (saved.name, saved.address) == ("best runs é", "filter=best runs é")
        assert (saved.experiment_id, saved.created_by) == (experiment_id, "ada")
        assert not saved.is_default
        assert saved.creation_time == saved.last_update_time > 0
        assert store.views.get(v.ViewId(saved.view_id)) == saved
        other = _save(store, experiment_id, "all")
        assert self._listed(store, experiment_id) == [other, saved]
        assert self._listed(store, new_experiment(store)) == []

    def test_a_deleted_view_comes_back_with_its_id(self, store: Store, experiment_id: str) -> None:
        saved = _save(store, experiment_id, "mine")
        again = v.CreateView("mine", "sort=x", experiment_id, view_id=saved.view_id)
        elsewhere = v.CreateView("mine", view_id=saved.view_id)
        with pytest.raises(AlreadyExists, match=f"View with id={saved.view_id} already exists"):
            store.views.create(elsewhere).result()
        store.views.delete(v.ViewId(saved.view_id)).result()
        assert store.views.create(again).result().view_id == saved.view_id
        assert store.views.get(v.ViewId(saved.view_id)).address == "sort=x"

    @pytest.mark.parametrize("view_id", ["", "x" * 32, "a" * 31, "A" * 32, "../" + "a" * 29])
    def test_an_id_that_is_none_is_refused(
        self, store: Store, experiment_id: str, view_id: str
    ) -> None:
        request = v.CreateView("mine", "", experiment_id, view_id=view_id)
        with pytest.raises(InvalidParameter, match=r"Invalid view_id .* 32 digits and letters"):
            store.views.create(request).result()

    def test_names_are_unique_within_an_experiment(self, store: Store, experiment_id: str) -> None:
        saved = _save(store, experiment_id, "a")
        with pytest.raises(AlreadyExists, match=rf"View\(name=a\) .* Its id is {saved.view_id}"):
            _save(store, experiment_id, "a")
        assert _save(store, new_experiment(store), "a").view_id != saved.view_id
        other = _save(store, experiment_id, "b")
        with pytest.raises(AlreadyExists, match=r"View\(name=a\) already exists"):
            store.views.update(v.UpdateView(other.view_id, name="a")).result()
        same = store.views.update(v.UpdateView(other.view_id, name="b")).result()
        assert same.name == "b"

    def test_there_is_one_default(self, store: Store, experiment_id: str) -> None:
        first = _save(store, experiment_id, "a", is_default=True)
        second = _save(store, experiment_id, "b", is_default=True)
        elsewhere = _save(store, new_experiment(store), "c", is_default=True)
        assert first.is_default

        def defaults() -> list[str]:
            return [view.name for view in self._listed(store, experiment_id) if view.is_default]

        assert defaults() == ["b"]
        store.views.update(v.UpdateView(first.view_id, is_default=True)).result()
        assert defaults() == ["a"]
        store.views.update(v.UpdateView(first.view_id, is_default=False)).result()
        assert defaults() == []
        assert store.views.get(v.ViewId(elsewhere.view_id)).is_default
        assert not store.views.get(v.ViewId(second.view_id)).is_default

    def test_what_is_given_is_changed(self, store: Store, experiment_id: str) -> None:
        saved = _save(store, experiment_id, "a")
        long = "x" * 65_536
        changed = store.views.update(v.UpdateView(saved.view_id, address=long)).result()
        assert (changed.name, changed.address) == ("a", long)
        assert changed.last_update_time >= saved.last_update_time
        assert store.views.get(v.ViewId(saved.view_id)) == changed

    def test_views_of_no_experiment(self, store: Store) -> None:
        saved = _save(store, None, unique("view"))
        assert saved.experiment_id is None
        assert saved in self._listed(store, None)
        with pytest.raises(InvalidParameter, match="without an experiment cannot be the default"):
            _save(store, None, unique("view"), is_default=True)
        with pytest.raises(InvalidParameter, match="without an experiment cannot be the default"):
            store.views.update(v.UpdateView(saved.view_id, is_default=True)).result()

    def test_deleting(self, store: Store, experiment_id: str) -> None:
        saved = _save(store, experiment_id, "a")
        store.views.delete(v.ViewId(saved.view_id)).result()
        message = f"No view with id={saved.view_id} exists"
        with pytest.raises(NotFound, match=message):
            store.views.get(v.ViewId(saved.view_id))
        with pytest.raises(NotFound, match=message):
            store.views.delete(v.ViewId(saved.view_id)).result()
        with pytest.raises(NotFound, match=message):
            store.views.update(v.UpdateView(saved.view_id, name="b")).result()

    def test_what_cannot_be_is_refused(self, store: Store, experiment_id: str) -> None:
        with pytest.raises(InvalidParameter, match="Invalid name ' '"):
            _save(store, experiment_id, " ")
        with pytest.raises(InvalidParameter, match="name"):
            _save(store, experiment_id, "x" * 251)
        with pytest.raises(InvalidParameter, match="address"):
            store.views.create(v.CreateView("a", "x" * 65_537, experiment_id)).result()
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            _save(store, "987654321", "a")
