/** Who is signed in and in which workspace; nothing where nobody signs in and there is but one. */
import { useQuery } from "@tanstack/react-query";
import { goTo, places } from "../../data/address";
import { sessionQuery, useSessionChanges } from "../../data/session";
import type { MenuEntry } from "../../widgets/menu";
import { attempt } from "../../widgets/notices";
import { PageMenu } from "../../widgets/page_menu";
import { WorkspaceMenu } from "../workspaces/workspace_menu";

export function AccountMenu() {
  const { data: session } = useQuery(sessionQuery());
  if (!session) return null;
  return (
    <>
      {session.workspace && <WorkspaceMenu current={session.workspace} />}
      {session.is_controlled && session.username && (
        <SignedInMenu username={session.username} isAdmin={session.is_admin === true} />
      )}
    </>
  );
}

const ADMINISTRATION: MenuEntry[] = [
  {
    label: "Administration",
    icon: "people",
    onSelect: () => goTo(places.administration("users")),
  },
  { label: "Audit log", icon: "shield", onSelect: () => goTo(places.audit()) },
];

function SignedInMenu({ username, isAdmin }: { username: string; isAdmin: boolean }) {
  const changes = useSessionChanges();
  const entries: MenuEntry[] = [
    { label: "My tokens", icon: "key", onSelect: () => goTo(places.tokens()) },
    ...(isAdmin ? ADMINISTRATION : []),
    {
      label: `Sign out ${username}`,
      icon: "forward",
      startsGroup: true,
      onSelect: () => void attempt("You are still signed in", changes.signOut),
    },
  ];
  return (
    <PageMenu
      button={
        <button
          type="button"
          className="icon-button account-button"
          aria-label={`Account of ${username}`}
          title={`Signed in as ${username}`}
        >
          <span data-initials={initials(username)} />
        </button>
      }
      entries={entries}
    />
  );
}

/** Two letters that stand for a name: of its first two words, or its beginning. */
export function initials(name: string): string {
  const words = name.split(/[\s._@-]+/u).filter(Boolean);
  const [first = "", second = ""] = words.map((word) => [...word]);
  const letters = second.length > 0 ? [first[0], second[0]] : [...first].slice(0, 2);
  return letters.join("").toUpperCase();
}
