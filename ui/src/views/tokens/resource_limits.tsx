/** The experiments and models that a token is for; without any it has no such limit. */
import { useId, useState } from "react";
import type { Resource } from "../../api/types.gen";
import { useExperimentsNamed } from "../../data/experiments";
import { useRegisteredModelsNamed } from "../../data/registered_models";
import { namedResource } from "../../data/tokens";
import { Button, IconButton } from "../../widgets/button";
import { useSettled } from "../../widgets/settled";
import { nameOf } from "./tokens_columns";
import "../../app/access.css";

interface ResourceLimitsProps {
  resources: readonly Resource[];
  onChange: (resources: readonly Resource[]) => void;
}

type Kind = "experiment" | "registered_model";
const REST = 200;

export function ResourceLimits({ resources, onChange }: ResourceLimitsProps) {
  const [kind, setKind] = useState<Kind>("experiment");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string>();
  const suggestions = useId();
  const add = async () => {
    setProblem(undefined);
    try {
      const added = await namedResource(kind, name.trim());
      onChange([...resources.filter((each) => nameOf(each) !== nameOf(added)), added]);
      setName("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <fieldset className="check-lines" aria-label="Only for">
      <legend>Only for (without any: for all that you may)</legend>
      {resources.map((each) => (
        <span key={nameOf(each)} className="limit-line">
          <span className="ellipsis">{nameOf(each)}</span>
          <IconButton
            icon="close"
            label={`Remove ${nameOf(each)}`}
            onClick={() => onChange(resources.filter((other) => other !== each))}
          />
        </span>
      ))}
      <span className="limit-line">
        <select
          className="field limit-kind"
          aria-label="Kind"
          value={kind}
          onChange={(event) => setKind(event.target.value as Kind)}
        >
          <option value="experiment">Experiment</option>
          <option value="registered_model">Model</option>
        </select>
        <input
          className="field"
          aria-label="Name of the experiment or model"
          placeholder="Name"
          list={suggestions}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button disabled={name.trim() === ""} onClick={() => void add()}>
          Add
        </Button>
      </span>
      <Suggestions id={suggestions} kind={kind} text={name} />
      {problem && (
        <p className="bad-text" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

function Suggestions({ id, kind, text }: { id: string; kind: Kind; text: string }) {
  const wanted = useSettled(text.trim(), REST);
  const experiments = useExperimentsNamed(wanted, kind === "experiment").data?.experiments ?? [];
  const models = useRegisteredModelsNamed(wanted, kind === "registered_model").data ?? [];
  return (
    <datalist id={id}>
      {(kind === "experiment" ? experiments : models).map(({ name }) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
