/** The box that reaches every experiment, model and version by name, and every run by id. */
import { type KeyboardEvent, useState } from "react";
import type { Experiment, RegisteredModel } from "../api/types.gen";
import { goTo, places } from "../data/address";
import { useExperimentsNamed } from "../data/experiments";
import { parseVersion } from "../data/language";
import { useRegisteredModelsNamed } from "../data/registered_models";
import { useRun } from "../data/runs";
import { Dialog } from "../widgets/dialog";
import { Icon, type IconName } from "../widgets/icons";

const LABEL = "Experiments, models and versions by name, runs by ID";
const MOST_OF_A_KIND = 8;

interface Hit {
  id: string;
  icon: IconName;
  text: string;
  note: string;
  address: string;
}

export function SearchBox({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const hits = useHits(text.trim());
  const chosen = Math.min(at, hits.length - 1);
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    goTo(hit.address);
    onClose();
  };
  const pressed = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(hits.length - 1, chosen + move)));
    }
    if (event.key === "Enter") open(hits[chosen]);
  };
  return (
    <Dialog title="Search" onClose={onClose} isBare>
      <div className="palette-field">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-hits"
          aria-activedescendant={hits[chosen] && `hit-${hits[chosen].id}`}
          aria-label={LABEL}
          placeholder={LABEL}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={pressed}
        />
      </div>
      <div id="palette-hits" className="palette-hits" role="listbox" aria-label="Found">
        {hits.map((hit, index) => (
          <button
            key={hit.id}
            id={`hit-${hit.id}`}
            type="button"
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            onClick={() => open(hit)}
            onPointerMove={() => setAt(index)}
          >
            <Icon name={hit.icon} size={14} />
            <span className="ellipsis">{hit.text}</span>
            <span className="faint">{hit.note}</span>
          </button>
        ))}
        {hits.length === 0 && text && <p className="faint">Nothing found</p>}
      </div>
    </Dialog>
  );
}

function useHits(text: string): Hit[] {
  const isRunId = /^[0-9a-f]{32}$/.test(text);
  const run = useRun(isRunId ? text : undefined);
  const experiments = useExperimentsNamed(text, !isRunId).data?.experiments ?? [];
  const models = useRegisteredModelsNamed(text, !isRunId).data ?? [];
  const [name, number] = parseVersion(text) ?? [];
  const versioned = useRegisteredModelsNamed(name ?? "", name !== undefined).data ?? [];
  if (isRunId) {
    if (!run.data) return [];
    const { run_id, run_name, experiment_id } = run.data.info;
    const address = places.run(experiment_id, run_id);
    return [{ id: run_id, icon: "chart", text: run_name || run_id, note: "run", address }];
  }
  // Each kind has room; what one does not need is the other's.
  const most = MOST_OF_A_KIND + Math.max(0, MOST_OF_A_KIND - models.length);
  return [
    ...(number ? versioned.filter((model) => mayHave(model, number)) : [])
      .slice(0, MOST_OF_A_KIND)
      .map((model) => versionHit(model.name, number ?? "")),
    ...experiments.slice(0, most).map(experimentHit),
    ...models.slice(0, 2 * MOST_OF_A_KIND - Math.min(most, experiments.length)).map(modelHit),
  ];
}

function experimentHit({ experiment_id, name }: Experiment): Hit {
  return {
    id: experiment_id,
    icon: "experiments",
    text: name,
    note: experiment_id,
    address: places.runs(experiment_id),
  };
}

function mayHave({ latest_versions = [] }: RegisteredModel, number: string): boolean {
  return latest_versions.some(({ version }) => Number(version) >= Number(number));
}

function versionHit(name: string, number: string): Hit {
  return {
    id: `version-${name}-${number}`,
    icon: "model",
    text: `${name} / Version ${number}`,
    note: "version",
    address: places.version(name, number),
  };
}

function modelHit({ name, latest_versions = [] }: RegisteredModel): Hit {
  const inUse = latest_versions.find((version) => version.current_stage === "Production");
  return {
    id: `model-${name}`,
    icon: "model",
    text: name,
    note: inUse ? `Production ${inUse.version}` : "model",
    address: places.model(name),
  };
}
