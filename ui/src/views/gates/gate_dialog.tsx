/** Asks what a gate demands, and before which moves. */
import { useState } from "react";
import type { Gate } from "../../api/types.gen";
import { useGateChanges } from "../../data/gates";
import { isInUse, useStages } from "../../data/stages";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { draftOf, type GateDraft, gateOf } from "./gate_draft";
import { GateFields } from "./gate_fields";

const RULES: { value: Gate["rule"]; label: string }[] = [
  { value: "metric_threshold", label: "A metric against a number" },
  { value: "metric_against_champion", label: "A metric against the champion’s" },
  { value: "signature_compatible", label: "The champion’s signature" },
  { value: "size_limit", label: "The size of the files" },
  { value: "digests_intact", label: "Files as they were saved" },
];

interface GateDialogProps {
  name: string;
  /** The gate to change; without it, a new one. */
  gate?: Gate;
  onClose: () => void;
}

export function GateDialog({ name, gate, onClose }: GateDialogProps) {
  const changes = useGateChanges();
  const stages = useStages().filter(isInUse);
  const [draft, setDraft] = useState<GateDraft>(() => draftOf(gate, stages));
  const [comment, setComment] = useState("");
  const change = (part: Partial<GateDraft>) => setDraft({ ...draft, ...part });
  const wanted = gateOf(draft);
  return (
    <FormDialog
      title={gate ? `Change the gate “${gate.gate}”` : "Set a gate"}
      action={gate ? "Change" : "Set"}
      isReady={wanted !== undefined}
      onSave={async () => wanted && changes.set(name, wanted, comment.trim())}
      onClose={onClose}
    >
      {!gate && (
        <label>
          Name
          <input
            className="field"
            placeholder="better-than-champion"
            value={draft.gate}
            onChange={(event) => change({ gate: event.target.value })}
          />
        </label>
      )}
      <label>
        Rule
        <select
          className="field"
          value={draft.rule}
          onChange={(event) => change({ rule: event.target.value as Gate["rule"] })}
        >
          {RULES.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <GateFields draft={draft} onChange={change} />
      <fieldset className="check-lines" aria-label="Before a move into">
        <legend>Before a move into</legend>
        {stages.map((stage) => (
          <label key={stage} className="check-line">
            <input
              type="checkbox"
              checked={draft.stages.includes(stage)}
              onChange={(event) =>
                change({
                  stages: event.target.checked
                    ? [...draft.stages, stage]
                    : draft.stages.filter((each) => each !== stage),
                })
              }
            />
            {stage}
          </label>
        ))}
      </fieldset>
      <label>
        Or of the aliases
        <input
          className="field"
          placeholder="champion, challenger"
          value={draft.aliases}
          onChange={(event) => change({ aliases: event.target.value })}
        />
      </label>
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}
