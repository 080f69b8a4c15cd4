/** What can be done with a user, as the entries of a menu. */
import { useCallback } from "react";
import type { ListedUser, UserLink } from "../../api/types.gen";
import { goTo, places } from "../../data/address";
import { hostOf, useUserChanges } from "../../data/users";
import type { MenuEntry } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";
import { useStable } from "../../widgets/stable";
import type { Asked } from "./user_dialogs";

/** The entries for a user; `onAsk` opens the dialogs. */
export function useUserEntries(
  links: ReadonlyMap<string, UserLink>,
  onAsk: (asked: Asked) => void,
): (user: ListedUser) => MenuEntry[] {
  const changes = useUserChanges();
  const setActive = useStable(async ({ username }: ListedUser, isOn: boolean) => {
    const set = (on: boolean) => changes.setActive(username, on);
    const what = isOn ? "let in again" : "shut out";
    if (!(await attempt(`“${username}” was not ${what}`, () => set(isOn)))) return;
    say(`“${username}” is ${what}`, () => set(!isOn));
  });
  const setAdmin = useStable(async ({ username }: ListedUser, isOn: boolean) => {
    const set = (on: boolean) => changes.setAdmin(username, on);
    if (!(await attempt(`“${username}” was not changed`, () => set(isOn)))) return;
    say(`“${username}” is ${isOn ? "" : "no longer "}an administrator`, () => set(!isOn));
  });
  return useCallback(
    (user) => [
      ...(user.kind === "service"
        ? [
            {
              label: "Tokens",
              icon: "key" as const,
              onSelect: () => goTo(places.tokens({ of: user.username })),
            },
          ]
        : [
            {
              label: "Set another password",
              icon: "pencil" as const,
              onSelect: () => onAsk({ kind: "password", user }),
            },
          ]),
      {
        label: user.is_admin ? "No longer administrator" : "Make administrator",
        icon: "shield",
        onSelect: () => void setAdmin(user, !user.is_admin),
      },
      {
        label: "What it did",
        icon: "clock",
        onSelect: () => goTo(places.audit({ actor: user.username })),
      },
      ...unlinkEntry(links.get(user.username), onAsk),
      user.is_active === false
        ? { label: "Let in again", icon: "undo", onSelect: () => void setActive(user, true) }
        : { label: "Shut out", icon: "pause", onSelect: () => void setActive(user, false) },
      { label: "Delete", icon: "bin", onSelect: () => onAsk({ kind: "delete", user }) },
    ],
    [links, onAsk, setActive, setAdmin],
  );
}

function unlinkEntry(link: UserLink | undefined, onAsk: (asked: Asked) => void): MenuEntry[] {
  if (!link) return [];
  const label = `Unlink from ${hostOf(link.issuer)}`;
  return [{ label, icon: "close", onSelect: () => onAsk({ kind: "unlink", link }) }];
}
