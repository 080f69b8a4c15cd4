/** The models that a run logged or read, and how to load them. */
import { useState } from "react";
import { serverAddress } from "../../api/client";
import type { LoggedModel, Run } from "../../api/types.gen";
import { changeQuery } from "../../data/address";
import { modelFolder } from "../../data/model_paths";
import { count } from "../../data/numbers";
import { useLoggedModels } from "../../data/runs";
import { loadSnippet } from "../../data/snippets";
import { Button } from "../../widgets/button";
import { CodeBlock, ShortId } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { Section } from "../../widgets/section";
import { modelIdsOf } from "./facts";
import { MODEL_STATES } from "./model_states";
import { VersionsOfModel } from "./registered_versions";

const MODELS_SHOWN = 20;

/** Nothing for runs without logged models. */
export function ModelsSection({ run }: { run: Run }) {
  const made = modelIdsOf(run);
  const read = (run.inputs?.model_inputs ?? [])
    .map(({ model_id }) => model_id)
    .filter((model_id) => !made.includes(model_id));
  const model_ids = [...made, ...read];
  const [most, setMost] = useState(MODELS_SHOWN);
  const shown = model_ids.slice(0, most);
  const models = useLoggedModels(shown);
  if (model_ids.length === 0) return null;
  return (
    <Section title="Models" note={count(model_ids.length)}>
      {shown.map((model_id, at) => (
        <ModelCard
          key={model_id}
          run={run}
          model_id={model_id}
          model={models[at]?.data}
          isUnknown={models[at]?.isError ?? false}
          role={made.includes(model_id) ? "logged" : "read"}
        />
      ))}
      {model_ids.length > most && (
        <Button tone="quiet" onClick={() => setMost(most + MODELS_SHOWN)}>
          {count(model_ids.length - most)} more
        </Button>
      )}
    </Section>
  );
}

interface ModelCardProps {
  run: Run;
  model_id: string;
  model: LoggedModel | undefined;
  isUnknown: boolean;
  role: "logged" | "read";
}

function ModelCard({ run, model_id, model, isUnknown, role }: ModelCardProps) {
  const [isOpen, setOpen] = useState(false);
  const step = run.outputs?.model_outputs?.find((output) => output.model_id === model_id)?.step;
  const facts = [
    model && (MODEL_STATES[model.info.status] ?? model.info.status),
    model?.info.status_message,
    model?.info.model_type,
    role === "read" ? "read by this run" : step ? `step ${count(step)}` : undefined,
  ].filter(Boolean);
  const name = model?.info.name ?? (isUnknown ? "deleted or unknown" : "…");
  return (
    <article className="section-body model-card" aria-label={name}>
      <h3>
        <Icon name="model" size={14} />
        <span className="ellipsis" title={name}>
          {name}
        </span>
        <ShortId id={model_id} length={12} />
        <span className="faint ellipsis">{facts.join(" · ")}</span>
        <VersionsOfModel run={run} model_id={model_id} />
        <span className="push" />
        {model && (
          <Button
            icon="folder"
            onClick={() =>
              changeQuery({ view: "artifacts", path: `${modelFolder(model_id)}/MLmodel` })
            }
          >
            Files
          </Button>
        )}
        <Button icon="code" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Load
        </Button>
      </h3>
      {isOpen && <CodeBlock code={loadSnippet(serverAddress(), `models:/${model_id}`)} />}
    </article>
  );
}
