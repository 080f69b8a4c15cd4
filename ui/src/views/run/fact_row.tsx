/** One row of a run's list. */
import { type KeyboardEvent, useState } from "react";
import type { DatasetInput, Run } from "../../api/types.gen";
import type { Extremes } from "../../data/metrics";
import { count } from "../../data/numbers";
import { useLoggedModel, useRunChanges } from "../../data/runs";
import { IconButton } from "../../widgets/button";
import { CopyButton, ShortId } from "../../widgets/copy";
import { EditableText } from "../../widgets/fields";
import { Icon } from "../../widgets/icons";
import { attempt, say } from "../../widgets/notices";
import { Numeral } from "../../widgets/values";
import type { Fact } from "./facts";

interface FactRowProps {
  run: Run;
  fact: Fact;
  extremes: ReadonlyMap<string, Extremes>;
  onFold: (section: string) => void;
}

export function FactRow({ run, fact, extremes, onFold }: FactRowProps) {
  switch (fact.kind) {
    case "heading":
      return (
        <button
          type="button"
          className="fact-heading"
          aria-expanded={!fact.isFolded}
          onClick={() => onFold(fact.section)}
        >
          <Icon name="forward" size={12} />
          {fact.section}
          <span className="faint">{count(fact.count)}</span>
        </button>
      );
    case "param":
      return (
        <div className="fact">
          <Key text={fact.key} />
          <span className="fact-value" title={fact.value.slice(0, 2_000)}>
            {fact.value.slice(0, 300)}
          </span>
          <CopyButton text={fact.value} label={`Copy ${fact.key}`} />
        </div>
      );
    case "metric-names":
      return (
        <div className="fact metric names">
          <span />
          <span>Last</span>
          <span>Min</span>
          <span>Max</span>
          <span>Step</span>
        </div>
      );
    case "metric":
      return <MetricRow fact={fact} extremes={extremes.get(fact.key)} />;
    case "tag":
      return <TagRow run={run} tagKey={fact.key} value={fact.value} />;
    case "new-tag":
      return <NewTag run={run} />;
    case "dataset":
      return <DatasetRow input={fact.input} />;
    case "model":
      return <ModelRow model_id={fact.model_id} step={fact.step} role={fact.role} />;
  }
}

function Key({ text }: { text: string }) {
  return (
    <span className="fact-key" title={text}>
      {text}
    </span>
  );
}

type MetricFact = Extract<Fact, { kind: "metric" }>;

function MetricRow({ fact, extremes }: { fact: MetricFact; extremes: Extremes | undefined }) {
  return (
    <div className="fact metric" title={extremes && `${fact.key}: ${count(extremes.total)} points`}>
      <Key text={fact.key} />
      <b>
        <Numeral value={fact.value} />
      </b>
      <span>{extremes ? <Numeral value={extremes.lowest} /> : "–"}</span>
      <span>{extremes ? <Numeral value={extremes.highest} /> : "–"}</span>
      <span>{count(fact.step)}</span>
    </div>
  );
}

function TagRow({ run, tagKey, value }: { run: Run; tagKey: string; value: string }) {
  const changes = useRunChanges();
  const { run_id } = run.info;
  const save = (to: string) =>
    attempt("The tag was not changed", () => changes.setTag(run_id, tagKey, to));
  const remove = async () => {
    if (await attempt("The tag was not deleted", () => changes.deleteTag(run_id, tagKey))) {
      say(`Deleted the tag “${tagKey}”`, () => changes.setTag(run_id, tagKey, value));
    }
  };
  const isOurs = tagKey.startsWith("mlflow.");
  return (
    <div className={`fact ${isOurs ? "faint-row" : ""}`}>
      <Key text={tagKey} />
      {isOurs ? (
        <span className="fact-value" title={value.slice(0, 2_000)}>
          {value.slice(0, 300)}
        </span>
      ) : (
        <EditableText
          className="fact-value"
          label={`Change ${tagKey}`}
          value={value}
          onSave={(to) => void save(to)}
        />
      )}
      {isOurs ? (
        <CopyButton text={value} label={`Copy ${tagKey}`} />
      ) : (
        <IconButton icon="close" label={`Delete the tag ${tagKey}`} onClick={() => void remove()} />
      )}
    </div>
  );
}

function NewTag({ run }: { run: Run }) {
  const changes = useRunChanges();
  const [draft, setDraft] = useState("");
  const pressed = async (event: KeyboardEvent) => {
    if (event.key === "Escape") setDraft("");
    if (event.key !== "Enter" || !draft.trim()) return;
    const [key = "", ...rest] = draft.split("=");
    const value = rest.join("=").trim();
    const isDone = await attempt("The tag was not added", () =>
      changes.setTag(run.info.run_id, key.trim(), value),
    );
    if (isDone) setDraft("");
  };
  if (run.info.lifecycle_stage === "deleted") return null;
  return (
    <div className="fact new-tag">
      <Icon name="plus" size={12} />
      <input
        aria-label="Add a tag"
        placeholder="Add a tag: key = value"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => void pressed(event)}
      />
    </div>
  );
}

function DatasetRow({ input }: { input: DatasetInput }) {
  const { dataset, tags = [] } = input;
  const context = tags.find((tag) => tag.key === "mlflow.data.context")?.value;
  const hint = [`${dataset.name} (${dataset.source_type})`, dataset.source, dataset.profile]
    .filter(Boolean)
    .join("\n")
    .slice(0, 2_000);
  return (
    <div className="fact">
      <span className="fact-key with-icon" title={hint}>
        <Icon name="data" size={13} />
        <span className="ellipsis">{dataset.name}</span>
      </span>
      <span className="fact-value">{context}</span>
      <ShortId id={dataset.digest} />
    </div>
  );
}

const MODEL_STATES: Record<string, string> = {
  LOGGED_MODEL_PENDING: "pending",
  LOGGED_MODEL_READY: "ready",
  LOGGED_MODEL_UPLOAD_FAILED: "upload failed",
};

interface ModelRowProps {
  model_id: string;
  step: number | undefined;
  role: "output" | "input";
}

function ModelRow({ model_id, step, role }: ModelRowProps) {
  const { data: model, isError } = useLoggedModel(model_id);
  const name = model?.info.name ?? (isError ? "deleted or unknown" : "…");
  const facts = [
    model && (MODEL_STATES[model.info.status] ?? model.info.status),
    model?.info.model_type,
    role === "input" ? "read by this run" : step ? `step ${count(step)}` : undefined,
  ];
  return (
    <div className="fact">
      <span className="fact-key with-icon" title={`models:/${model_id}`}>
        <Icon name="model" size={13} />
        <span className="ellipsis">{name}</span>
      </span>
      <span className="fact-value">{facts.filter(Boolean).join(" · ")}</span>
      <CopyButton text={`models:/${model_id}`} label="Copy the model’s URI" />
    </div>
  );
}
