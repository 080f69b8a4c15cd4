/** The columns of the list of workspaces, and what can be done with one. */
import type { Workspace } from "../../api/types.gen";
import { chooseWorkspace, DEFAULT_WORKSPACE } from "../../data/workspaces";
import { IconButton } from "../../widgets/button";
import type { GridColumn } from "../../widgets/grid_column";
import { Menu, type MenuEntry } from "../../widgets/menu";
import type { Asked } from "./workspace_dialogs";

/** The entries for a workspace; `onAsk` opens the dialogs. The first workspace always stays. */
export function workspaceEntries(current: string | undefined, onAsk: (asked: Asked) => void) {
  return (workspace: Workspace): MenuEntry[] => {
    const entries: MenuEntry[] = [];
    if (workspace.name !== current) {
      const onSelect = () => chooseWorkspace(workspace.name);
      entries.push({ label: "Show this workspace", icon: "forward", onSelect });
    }
    entries.push({
      label: "Edit",
      icon: "pencil",
      onSelect: () => onAsk({ kind: "edit", workspace }),
    });
    if (workspace.name !== DEFAULT_WORKSPACE) {
      const onSelect = () => onAsk({ kind: "delete", workspace });
      entries.push({ label: "Delete", icon: "bin", onSelect });
    }
    return entries;
  };
}

interface WorkspaceColumnsProps {
  nameSize: number;
  current: string | undefined;
  entries: (workspace: Workspace) => MenuEntry[];
}

export function workspaceColumns(props: WorkspaceColumnsProps): GridColumn<Workspace>[] {
  const { nameSize, current, entries } = props;
  return [
    {
      id: "name",
      label: "Name",
      size: nameSize,
      cell: ({ name }) => (
        <span title={name}>
          {name}
          {name === current && <span className="faint"> shown here</span>}
        </span>
      ),
    },
    {
      id: "description",
      label: "Description",
      size: 380,
      cell: ({ description = "" }) => (
        <span title={description.slice(0, 2_000)}>{description.slice(0, 200)}</span>
      ),
    },
    {
      id: "default_artifact_root",
      label: "Files of new experiments",
      size: 320,
      cell: ({ name, default_artifact_root }) =>
        default_artifact_root ? (
          <span className="code" title={default_artifact_root}>
            {default_artifact_root}
          </span>
        ) : (
          <span className="faint">
            {name === DEFAULT_WORKSPACE ? "the server’s root" : `workspaces/${name} below it`}
          </span>
        ),
    },
    {
      id: "actions",
      label: "",
      size: 48,
      cell: (workspace) => (
        <Menu
          button={<IconButton icon="more" label={`Actions for ${workspace.name}`} />}
          entries={entries(workspace)}
        />
      ),
    },
  ];
}
