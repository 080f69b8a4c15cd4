"""Which account of an OpenID provider a user belongs to, in SQL."""

from __future__ import annotations

from millstream.entities import users as u
from millstream.errors import NotFound
from millstream.store.sql.access import chain, rows
from millstream.store.sql.dialect import insert, placeholders
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import TRUE, Sql
from millstream.store.sql.search.paging import Phase, Term, find_page
from millstream.store.sql.transaction import Transaction

_COLUMNS = "u.username, l.issuer, l.subject, l.creation_time"
_FROM = "openid_links AS l JOIN users AS u ON u.user_key = l.user_key"
_SELECT_OF_USER = f"SELECT {_COLUMNS} FROM {_FROM} WHERE l.user_key = ?"
_SELECT_OF_USERS = f"SELECT l.user_key, {_COLUMNS} FROM {_FROM} WHERE l.user_key IN ({{}})"
_INSERT = insert("openid_links", "user_key issuer subject creation_time")
_DELETE = "DELETE FROM openid_links WHERE user_key = ?"


def find(reader: Reader, user_id: int) -> u.UserLink | None:
    """The account that a user belongs to."""
    return _of_user(reader, user_id)


def page(reader: Reader, request: u.ListUserLinks) -> u.UserLinkPage:
    """A page of all links, by the names of users; two statements."""
    wanted = TRUE if request.username is None else Sql("u.username = ?", (request.username,))
    phase = Phase("l.user_key", (), (Term(Sql("u.username"), "text"),), ((Sql(_FROM), (wanted,)),))
    query = ("user_links", request.username)
    found = find_page(reader, [phase], request.max_results, query, request.page_token)
    if not found.keys:
        return u.UserLinkPage()
    sql = _SELECT_OF_USERS.format(placeholders(len(found.keys)))
    links = {key: u.UserLink(*values) for key, *values in reader.execute(sql, found.keys)}
    listed = [links[key] for key in found.keys if key in links]
    return u.UserLinkPage(listed, found.next_page_token)


def link(transaction: Transaction, request: u.LinkUser, by: u.Actor, moment: int) -> u.UserLink:
    """Link a user that is not linked yet; the account that it belongs to then."""
    change = chain.begin(transaction, by, moment)
    user = rows.required_user(transaction, request.username)
    known = _of_user(transaction, user.user_key)
    if known is not None:
        return known
    account = (request.issuer, request.subject)
    transaction.run(_INSERT, (user.user_key, *account, moment))
    change.record(
        "user.link_openid",
        "user",
        request.username,
        user_id=user.user_key,
        issuer=request.issuer,
        subject=request.subject,
    )
    return u.UserLink(request.username, *account, moment)


def unlink(transaction: Transaction, username: str, by: u.Actor, moment: int) -> None:
    """Let a user belong to nobody."""
    change = chain.begin(transaction, by, moment)
    user = rows.required_user(transaction, username)
    known = _of_user(transaction, user.user_key)
    if known is None:
        raise NotFound(
            f"The user {username!r} belongs to no account of a sign-in provider, so there is "
            "nothing to unlink."
        )
    transaction.run(_DELETE, (user.user_key,))
    change.record(
        "user.unlink_openid",
        "user",
        username,
        user_id=user.user_key,
        issuer=known.issuer,
        subject=known.subject,
    )


def _of_user(source: Reader | Transaction, user_key: int) -> u.UserLink | None:
    found = source.execute(_SELECT_OF_USER, (user_key,))
    return u.UserLink(*found[0]) if found else None
