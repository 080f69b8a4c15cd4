/** Which workspace the pages show, and the way into another; on a server that has several. */
import { goTo, places } from "../../data/address";
import { useAdministers } from "../../data/session";
import { chooseWorkspace, useWorkspaces } from "../../data/workspaces";
import { IconButton } from "../../widgets/button";
import type { MenuEntry } from "../../widgets/menu";
import { PageMenu } from "../../widgets/page_menu";

export function WorkspaceMenu({ current }: { current: string }) {
  const { data: workspaces = [] } = useWorkspaces();
  const administers = useAdministers();
  const entries: MenuEntry[] = workspaces.map(({ name }) => ({
    label: `Workspace ${name}`,
    isChecked: name === current,
    onSelect: () => chooseWorkspace(name),
  }));
  if (administers) {
    entries.push({
      label: "All workspaces…",
      icon: "admin",
      startsGroup: true,
      onSelect: () => goTo(places.administration("workspaces")),
    });
  }
  return (
    <PageMenu
      button={<IconButton icon="groups" label={`Workspace ${current}: choose another`} />}
      entries={entries}
    />
  );
}
