/** Which workspace the pages show, and the way into another; on a server that has several. */
import { useQuery } from "@tanstack/react-query";
import { chooseWorkspace, workspacesQuery } from "../../data/workspaces";
import { IconButton } from "../../widgets/button";
import type { MenuEntry } from "../../widgets/menu";
import { PageMenu } from "../../widgets/page_menu";

export function WorkspaceMenu({ current }: { current: string }) {
  const { data: workspaces = [] } = useQuery(workspacesQuery());
  const entries: MenuEntry[] = workspaces.map(({ name }) => ({
    label: `Workspace ${name}`,
    isChecked: name === current,
    onSelect: () => chooseWorkspace(name),
  }));
  return (
    <PageMenu
      button={<IconButton icon="groups" label={`Workspace ${current}: choose another`} />}
      entries={entries}
    />
  );
}
