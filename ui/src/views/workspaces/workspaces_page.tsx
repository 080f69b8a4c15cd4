/** The workspaces of a server: made, described, deleted; each opens. */
import { useMemo, useState } from "react";
import type { Workspace } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { useSession } from "../../data/session";
import { chooseWorkspace, useWorkspaces } from "../../data/workspaces";
import { AdminTabs } from "../../widgets/admin_tabs";
import { Button } from "../../widgets/button";
import { Grid } from "../../widgets/grid";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { useIsNarrow } from "../../widgets/width";
import { WithWorkspaces } from "../sessions/switched_off";
import { type Asked, WorkspaceDialog } from "./workspace_dialogs";
import { workspaceColumns, workspaceEntries } from "./workspaces_columns";

const NO_WORKSPACES: Workspace[] = [];

export function WorkspacesPage() {
  useTitle("Workspaces", "Admin");
  return (
    <WithWorkspaces>
      <AllWorkspaces />
    </WithWorkspaces>
  );
}

function AllWorkspaces() {
  const found = useWorkspaces();
  const workspaces = found.data ?? NO_WORKSPACES;
  const current = useSession()?.workspace;
  const { query } = useAddress();
  const [changed, setAsked] = useState<Asked>();
  const asked = query.get("new") ? { kind: "create" as const } : changed;
  const close = () => {
    setAsked(undefined);
    changeQuery({ new: "" });
  };
  const [widths, setWidths] = useState<Record<string, number>>({});
  const isNarrow = useIsNarrow();
  const entries = useMemo(() => workspaceEntries(current, setAsked), [current]);
  const columns = useMemo(
    () => workspaceColumns({ nameSize: isNarrow ? 150 : 240, current, entries }),
    [isNarrow, current, entries],
  );
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <div className="toolbar">
        <AdminTabs />
        <span className="push" />
        <Button icon="plus" tone="accent" onClick={() => changeQuery({ new: "1" })}>
          New workspace
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && found.data && <Stale error={found.error} retry={retry} />}
      {found.isError && !found.data && (
        <Failure what="The workspaces could not be loaded" error={found.error} retry={retry} />
      )}
      {workspaces.length > 0 && (
        <Grid
          label="Workspaces"
          rows={workspaces}
          rowId={(workspace) => workspace.name}
          columns={columns}
          widths={widths}
          onWidths={setWidths}
          onOpen={({ name }) => chooseWorkspace(name)}
          menu={entries}
        />
      )}
      {asked && <WorkspaceDialog asked={asked} current={current} onClose={close} />}
    </div>
  );
}
