/** Moves runs to another experiment. */
import { useState } from "react";
import { useExperimentsNamed } from "../../data/experiments";
import { useRunChanges } from "../../data/runs";
import { SearchField } from "../../widgets/fields";
import { FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { countOf } from "./run_actions";

interface MoveDialogProps {
  experiment_id: string;
  run_ids: readonly string[];
  onMoved: () => void;
  onClose: () => void;
}

export function MoveDialog({ experiment_id, run_ids, onMoved, onClose }: MoveDialogProps) {
  const [text, setText] = useState("");
  const [target, setTarget] = useState<{ id: string; name: string }>();
  const changes = useRunChanges();
  const found = useExperimentsNamed(text, true).data?.experiments ?? [];
  const others = found.filter((each) => each.experiment_id !== experiment_id);
  const move = async () => {
    if (!target) return;
    await changes.move(run_ids, target.id);
    onMoved();
    say(`Moved ${countOf(run_ids)} to “${target.name}”`, () =>
      changes.move(run_ids, experiment_id),
    );
  };
  return (
    <FormDialog
      title={`Move ${countOf(run_ids)}`}
      action="Move"
      isReady={target !== undefined}
      onSave={move}
      onClose={onClose}
    >
      <SearchField label="Find an experiment" value={text} onChange={setText} />
      <fieldset className="target-list" aria-label="Experiment">
        {others.map(({ experiment_id: id, name }) => (
          <label key={id} title={name}>
            <input
              type="radio"
              name="target"
              checked={target?.id === id}
              onChange={() => setTarget({ id, name })}
            />
            <span className="ellipsis">{name}</span>
          </label>
        ))}
        {others.length === 0 && <p className="faint">No other experiment has this in its name</p>}
      </fieldset>
      <p className="faint">
        Their logged models and datasets go along. Their files stay where they are.
      </p>
    </FormDialog>
  );
}
