/** The columns of the list of users. */
import type { ListedUser, UserLink } from "../../api/types.gen";
import { hostOf, roleNames } from "../../data/users";
import { IconButton } from "../../widgets/button";
import type { GridColumn } from "../../widgets/grid_column";
import { Icon } from "../../widgets/icons";
import { Menu, type MenuEntry } from "../../widgets/menu";
import { Time } from "../../widgets/values";

interface UserColumnsProps {
  nameSize: number;
  /** The accounts at a provider, by the names of users. */
  links: ReadonlyMap<string, UserLink>;
  entries: (user: ListedUser) => MenuEntry[];
}

export function userColumns(props: UserColumnsProps): GridColumn<ListedUser>[] {
  const { nameSize, links, entries } = props;
  return [
    {
      id: "username",
      label: "Name",
      size: nameSize,
      cell: ({ username }) => <span title={username}>{username}</span>,
    },
    {
      id: "kind",
      label: "Kind",
      size: 130,
      cell: ({ kind, is_admin }) =>
        is_admin ? <b>Administrator</b> : kind === "service" ? "Service account" : "User",
    },
    {
      id: "is_active",
      label: "Let in",
      size: 110,
      cell: ({ is_active = true }) => (
        <span className={`version-status ${is_active ? "good" : "quiet"}`}>
          <Icon name={is_active ? "check" : "pause"} size={12} />
          {is_active ? "Active" : "Shut out"}
        </span>
      ),
    },
    {
      id: "roles",
      label: "Roles",
      size: 260,
      cell: (user) => {
        const names = roleNames(user);
        if (names.length === 0) return <span className="absent">–</span>;
        return <span title={names.join("\n")}>{names.join(", ")}</span>;
      },
    },
    {
      id: "has_password",
      label: "Signs in",
      size: 120,
      cell: ({ has_password, kind }) =>
        has_password ? "by password" : kind === "service" ? "by tokens" : "elsewhere",
    },
    ...(links.size > 0 ? [accountColumn(links)] : []),
    {
      id: "creation_time",
      label: "Made",
      size: 110,
      isNumeric: true,
      cell: ({ creation_time }) => <Time at={creation_time} />,
    },
    {
      id: "actions",
      label: "",
      size: 48,
      cell: (user) => (
        <Menu
          button={<IconButton icon="more" label={`Actions for ${user.username}`} />}
          entries={entries(user)}
        />
      ),
    },
  ];
}

/** Only where somebody has signed in at a provider. */
function accountColumn(links: ReadonlyMap<string, UserLink>): GridColumn<ListedUser> {
  return {
    id: "account",
    label: "Account elsewhere",
    size: 240,
    cell: ({ username }) => {
      const link = links.get(username);
      if (!link) return <span className="absent">–</span>;
      return (
        <span title={`${link.subject}\nat ${link.issuer}`}>
          {link.subject} <span className="faint">{hostOf(link.issuer)}</span>
        </span>
      );
    },
  };
}
