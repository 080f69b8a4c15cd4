/** Sets a tag on runs, or removes one from them. */
import { useState } from "react";
import type { Census } from "../../data/column_facts";
import { useRunChanges, useRunTags } from "../../data/runs";
import { Choice } from "../../widgets/button";
import { FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { countOf } from "./run_actions";

const ACTIONS = [
  { value: "set" as const, label: "Set" },
  { value: "remove" as const, label: "Remove" },
];

interface TagDialogProps {
  experiment_id: string;
  run_ids: readonly string[];
  census: Census;
  onClose: () => void;
}

export function TagDialog({ experiment_id, run_ids, census, onClose }: TagDialogProps) {
  const [action, setAction] = useState<"set" | "remove">("set");
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const changes = useRunChanges();
  const tagsOf = useRunTags(experiment_id);
  const known = census.columns.filter(({ group }) => group === "tags");
  const save = async () => {
    const tag = key.trim();
    const before = await tagsOf(run_ids, tag);
    const having = run_ids.filter((id) => before.has(id));
    if (action === "remove" && having.length === 0) {
      throw new Error(`None of ${countOf(run_ids)} has the tag “${tag}”.`);
    }
    const changed = action === "set" ? run_ids : having;
    const to = action === "set" ? value : null;
    await changes.tag(
      changed,
      tag,
      changed.map(() => to),
    );
    const what =
      action === "set" ? `Tagged ${countOf(run_ids)}` : `Removed “${tag}” from ${countOf(having)}`;
    say(what, () =>
      changes.tag(
        changed,
        tag,
        changed.map((id) => before.get(id) ?? null),
      ),
    );
  };
  return (
    <FormDialog
      title={`Tag of ${countOf(run_ids)}`}
      action={action === "set" ? "Set tag" : "Remove tag"}
      isReady={key.trim() !== ""}
      onSave={save}
      onClose={onClose}
    >
      <Choice label="Action" value={action} options={ACTIONS} onChange={setAction} />
      <label>
        Key
        <input
          className="field"
          list="known-tags"
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <datalist id="known-tags">
        {known.map((column) => (
          <option key={column.id} value={column.key} />
        ))}
      </datalist>
      {action === "set" && (
        <label>
          Value
          <input
            className="field"
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        </label>
      )}
    </FormDialog>
  );
}
