/** The fields that a gate's rule asks for. */
import type { Gate } from "../../api/types.gen";
import type { GateDraft } from "./gate_draft";

const COMPARISONS: NonNullable<Gate["comparison"]>[] = [">=", ">", "<=", "<"];

interface GateFieldsProps {
  draft: GateDraft;
  onChange: (part: Partial<GateDraft>) => void;
}

export function GateFields({ draft, onChange }: GateFieldsProps) {
  const { rule } = draft;
  const text = (label: string, key: "metric" | "threshold" | "least" | "champion" | "bytes") => (
    <label>
      {label}
      <input
        className="field"
        value={draft[key]}
        onChange={(event) => onChange({ [key]: event.target.value })}
      />
    </label>
  );
  return (
    <>
      {rule === "metric_threshold" && (
        <div className="field-row">
          {text("Metric", "metric")}
          <label className="narrow-field">
            Is
            <select
              className="field"
              value={draft.comparison}
              onChange={(event) =>
                onChange({ comparison: event.target.value as GateDraft["comparison"] })
              }
            >
              {COMPARISONS.map((comparison) => (
                <option key={comparison}>{comparison}</option>
              ))}
            </select>
          </label>
          {text("Number", "threshold")}
        </div>
      )}
      {rule === "metric_against_champion" && (
        <div className="field-row">
          {text("Metric", "metric")}
          <label>
            Better is
            <select
              className="field"
              value={draft.better}
              onChange={(event) => onChange({ better: event.target.value as GateDraft["better"] })}
            >
              <option>higher</option>
              <option>lower</option>
            </select>
          </label>
          {text("By at least", "least")}
        </div>
      )}
      {(rule === "metric_against_champion" || rule === "signature_compatible") &&
        text("Alias of the champion; without it, what is in the stage", "champion")}
      {rule === "size_limit" && text("At most this many bytes", "bytes")}
    </>
  );
}
