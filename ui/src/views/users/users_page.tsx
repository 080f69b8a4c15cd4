/** Users and service accounts: who is let in, who administers, by which roles. */
import { useMemo, useState } from "react";
import type { ListedUser, UserLink } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { count } from "../../data/numbers";
import { usersNamed, useUserLinks, useUsers } from "../../data/users";
import { AdminTabs } from "../../widgets/admin_tabs";
import { Button } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";
import { Grid } from "../../widgets/grid";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { useIsNarrow } from "../../widgets/width";
import { WithUsers } from "../sessions/switched_off";
import { useUserEntries } from "./user_actions";
import { type Asked, UserDialog } from "./user_dialogs";
import { userColumns } from "./users_columns";

const NO_USERS: ListedUser[] = [];
const NO_LINKS: ReadonlyMap<string, UserLink> = new Map();

export function UsersPage() {
  useTitle("Users", "Admin");
  return (
    <WithUsers>
      <KnownUsers />
    </WithUsers>
  );
}

function KnownUsers() {
  const found = useUsers();
  const users = found.data ?? NO_USERS;
  const { query } = useAddress();
  const text = query.get("name") ?? "";
  const shown = useMemo(() => usersNamed(users, text), [users, text]);
  const [changed, setAsked] = useState<Asked>();
  const asked = query.get("new") ? { kind: "create" as const } : changed;
  const close = () => {
    setAsked(undefined);
    changeQuery({ new: "" });
  };
  const [widths, setWidths] = useState<Record<string, number>>({});
  const isNarrow = useIsNarrow();
  const links = useUserLinks().data ?? NO_LINKS;
  const entries = useUserEntries(links, setAsked);
  const columns = useMemo(
    () => userColumns({ nameSize: isNarrow ? 150 : 240, links, entries }),
    [isNarrow, links, entries],
  );
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <div className="toolbar">
        <AdminTabs />
        <SearchField
          label="Find users by name"
          value={text}
          onChange={(name) => changeQuery({ name })}
        />
        {found.data && <span className="count">{count(shown.length)}</span>}
        <span className="push" />
        <Button icon="plus" tone="accent" onClick={() => changeQuery({ new: "1" })}>
          New user
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && users.length > 0 && <Stale error={found.error} retry={retry} />}
      {found.isError && users.length === 0 && (
        <Failure what="The users could not be loaded" error={found.error} retry={retry} />
      )}
      {found.isSuccess && shown.length === 0 && (
        <Empty title={`No user’s name contains “${text}”`} />
      )}
      {shown.length > 0 && (
        <Grid
          label="Users"
          rows={shown}
          rowId={(user) => user.username}
          columns={columns}
          widths={widths}
          onWidths={setWidths}
          onOpen={() => undefined}
          menu={entries}
        />
      )}
      {asked && <UserDialog asked={asked} onClose={close} />}
    </div>
  );
}
