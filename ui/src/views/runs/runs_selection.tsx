/** What can be done with the selected runs. */
import { useState } from "react";
import type { Census } from "../../data/column_facts";
import { count } from "../../data/numbers";
import { Button, IconButton } from "../../widgets/button";
import { CompareButton } from "../comparison/compare_button";
import { useRunActions } from "./run_actions";
import type { ChangeRuns, RunsState } from "./runs_state";
import { TagDialog } from "./tag_dialog";

interface RunsSelectionProps {
  experiment_id: string;
  census: Census;
  state: RunsState;
  change: ChangeRuns;
}

export function RunsSelection({ experiment_id, census, state, change }: RunsSelectionProps) {
  const [isTagging, setTagging] = useState(false);
  const actions = useRunActions();
  const ids = [...state.selected];
  const clear = () => change({ selected: new Set() });
  const isDeleted = state.stage === "DELETED_ONLY";
  const remove = async () => {
    if (await (isDeleted ? actions.restore(ids) : actions.delete(ids))) clear();
  };
  return (
    <span className="selection">
      <b>{count(ids.length)}</b> selected
      <CompareButton run_ids={ids} />
      {!isDeleted && (
        <Button icon="tag" onClick={() => setTagging(true)}>
          Tag
        </Button>
      )}
      <Button icon={isDeleted ? "undo" : "bin"} onClick={() => void remove()}>
        {isDeleted ? "Restore" : "Delete"}
      </Button>
      <IconButton icon="close" label="Clear the selection" onClick={clear} />
      {isTagging && (
        <TagDialog
          experiment_id={experiment_id}
          run_ids={ids}
          census={census}
          onClose={() => setTagging(false)}
        />
      )}
    </span>
  );
}
