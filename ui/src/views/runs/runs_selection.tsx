/** What can be done with the selected runs. */
import { useState } from "react";
import type { Census } from "../../data/column_facts";
import { count } from "../../data/numbers";
import { useReasonAgainst } from "../../data/permissions";
import { MOST_NAMED } from "../../data/run_selection";
import { Button, IconButton } from "../../widgets/button";
import { usePageEntries } from "../../widgets/page_menu";
import { CompareButton } from "../comparison/compare_button";
import { MoveDialog } from "./move_dialog";
import { countOf, useRunActions } from "./run_actions";
import type { ChangeRuns, RunsState } from "./runs_state";
import { TagDialog } from "./tag_dialog";

interface RunsSelectionProps {
  experiment_id: string;
  census: Census;
  state: RunsState;
  change: ChangeRuns;
  /** It is too large for the address. */
  isLeftOut: boolean;
}

export function RunsSelection(props: RunsSelectionProps) {
  const { experiment_id, census, state, change } = props;
  const [dialog, setDialog] = useState<"tag" | "move">();
  const actions = useRunActions();
  const ids = [...state.selected];
  const clear = () => change({ selected: new Set() });
  const isDeleted = state.stage === "DELETED_ONLY";
  const remove = async () => {
    if (await (isDeleted ? actions.restore(ids) : actions.delete(ids))) clear();
  };
  const what = countOf(ids);
  const resource = { resource_type: "experiment", resource_id: experiment_id } as const;
  const noEdit = useReasonAgainst(resource, "EDIT");
  const noDelete = useReasonAgainst(resource, "MANAGE");
  usePageEntries([
    ...(isDeleted || noEdit
      ? []
      : [
          { label: `Tag ${what}…`, icon: "tag" as const, onSelect: () => setDialog("tag") },
          { label: `Move ${what}…`, icon: "move" as const, onSelect: () => setDialog("move") },
        ]),
    ...(noDelete
      ? []
      : [
          {
            label: `${isDeleted ? "Restore" : "Delete"} ${what}`,
            icon: isDeleted ? ("undo" as const) : ("bin" as const),
            onSelect: () => void remove(),
          },
        ]),
    { label: "Clear the selection", icon: "close", onSelect: clear },
  ]);
  return (
    <span className="selection">
      <b>{count(ids.length)}</b> selected
      {props.isLeftOut && <LeftOut />}
      <CompareButton run_ids={ids} />
      {!isDeleted && (
        <>
          <Button
            icon="tag"
            disabled={noEdit !== undefined}
            title={noEdit}
            onClick={() => setDialog("tag")}
          >
            <span className="words">Tag</span>
          </Button>
          <Button
            icon="move"
            disabled={noEdit !== undefined}
            title={noEdit}
            onClick={() => setDialog("move")}
          >
            <span className="words">Move</span>
          </Button>
        </>
      )}
      <Button
        icon={isDeleted ? "undo" : "bin"}
        disabled={noDelete !== undefined}
        title={noDelete}
        onClick={() => void remove()}
      >
        <span className="words">{isDeleted ? "Restore" : "Delete"}</span>
      </Button>
      <IconButton icon="close" label="Clear the selection" onClick={clear} />
      {dialog === "move" && (
        <MoveDialog
          experiment_id={experiment_id}
          run_ids={ids}
          onMoved={clear}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === "tag" && (
        <TagDialog
          experiment_id={experiment_id}
          run_ids={ids}
          census={census}
          onClose={() => setDialog(undefined)}
        />
      )}
    </span>
  );
}

/** Says that the address is without the selection, and how one would fit. */
function LeftOut() {
  const most = count(MOST_NAMED);
  const title = `An address holds ${most} runs, or all that match without ${most} at most. This selection is lost when the page is loaded again.`;
  return (
    <span className="faint" role="status" title={title}>
      too many for a link
    </span>
  );
}
