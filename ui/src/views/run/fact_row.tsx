/** One row of a run's list. */
import type { DatasetInput, Run } from "../../api/types.gen";
import type { Extremes } from "../../data/metrics";
import { count } from "../../data/numbers";
import { useMay } from "../../data/permissions";
import { useLoggedModel, useRunChanges } from "../../data/runs";
import { CopyButton, ShortId } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { NewTag, type TagChanges, TagRow } from "../../widgets/tags";
import { Numeral } from "../../widgets/values";
import type { Fact } from "./facts";
import { MODEL_STATES } from "./model_states";
import { VersionsOfModel } from "./registered_versions";

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
      return <RunTag run={run} tagKey={fact.key} value={fact.value} />;
    case "new-tag":
      return <NewRunTag run={run} />;
    case "dataset":
      return <DatasetRow input={fact.input} />;
    case "model":
      return <ModelRow run={run} model_id={fact.model_id} step={fact.step} role={fact.role} />;
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
    <div className="fact metric" title={fact.key}>
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

/** Undefined where tags may not be changed. */
function useTagChanges(run: Run): TagChanges | undefined {
  const changes = useRunChanges();
  const { run_id, experiment_id } = run.info;
  if (!useMay({ resource_type: "experiment", resource_id: experiment_id }, "EDIT"))
    return undefined;
  return {
    setTag: (key, value) => changes.setTag(run_id, key, value),
    deleteTag: (key) => changes.deleteTag(run_id, key),
  };
}

function RunTag({ run, tagKey, value }: { run: Run; tagKey: string; value: string }) {
  return <TagRow tagKey={tagKey} value={value} changes={useTagChanges(run)} />;
}

function NewRunTag({ run }: { run: Run }) {
  const changes = useTagChanges(run);
  if (!changes || run.info.lifecycle_stage === "deleted") return null;
  return <NewTag changes={changes} />;
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

interface ModelRowProps {
  run: Run;
  model_id: string;
  step: number | undefined;
  role: "output" | "input";
}

function ModelRow({ run, model_id, step, role }: ModelRowProps) {
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
      <span className="fact-value">
        {facts.filter(Boolean).join(" · ")}
        <VersionsOfModel run={run} model_id={model_id} />
      </span>
      <CopyButton text={`models:/${model_id}`} label="Copy the model’s URI" />
    </div>
  );
}
