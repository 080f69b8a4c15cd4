/** Registers what a run logged: which logged model, under which name, and why. */
import { useState } from "react";
import type { Run } from "../../api/types.gen";
import { goTo, places } from "../../data/address";
import { useModelVersionChanges } from "../../data/model_versions";
import { useRegisteredModelsNamed } from "../../data/registered_models";
import { useLoggedModels } from "../../data/runs";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { Icon } from "../../widgets/icons";

interface RegisterDialogProps {
  run: Run;
  /** What may be registered: logged models, or a folder among the run's files. */
  offered: { model_ids: readonly string[] } | { path: string };
  onClose: () => void;
}

export function RegisterDialog({ run, offered, onClose }: RegisterDialogProps) {
  const { run_id } = run.info;
  const model_ids = "model_ids" in offered ? offered.model_ids : [];
  const changes = useModelVersionChanges();
  const [model_id, setModel] = useState(model_ids.length === 1 ? model_ids[0] : undefined);
  const [name, setName] = useState("");
  const [comment, setComment] = useState("");
  const wanted = name.trim();
  const register = async () => {
    const origin =
      "path" in offered
        ? { source: `runs:/${run_id}/${offered.path}` }
        : { source: `models:/${model_id}`, model_id };
    const version = await changes.register(wanted, {
      ...origin,
      run_id,
      comment: comment.trim() || undefined,
    });
    goTo(places.version(version.name, version.version));
  };
  return (
    <FormDialog
      title="Register model"
      action="Register"
      isReady={("path" in offered || model_id !== undefined) && wanted !== ""}
      onSave={register}
      onClose={onClose}
    >
      {"path" in offered && (
        <p className="form-note">
          The folder <b>{offered.path}</b> of this run’s files
        </p>
      )}
      {model_ids.length > 1 && (
        <LoggedModels model_ids={model_ids} chosen={model_id} onChoose={setModel} />
      )}
      <NameField name={name} onName={setName} />
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}

interface LoggedModelsProps {
  model_ids: readonly string[];
  chosen: string | undefined;
  onChoose: (model_id: string) => void;
}

function LoggedModels({ model_ids, chosen, onChoose }: LoggedModelsProps) {
  const models = useLoggedModels(model_ids);
  return (
    <fieldset className="stage-choice" aria-label="Logged model">
      {model_ids.map((model_id, at) => (
        <label key={model_id} className={model_id === chosen ? "chosen" : ""}>
          <input
            type="radio"
            name="model"
            checked={model_id === chosen}
            onChange={() => onChoose(model_id)}
          />
          <span className="ellipsis">{models[at]?.data?.info.name ?? "…"}</span>
          <span className="faint code">{model_id.slice(0, 10)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** A name, known or new; the known ones that contain it are offered. */
function NameField({ name, onName }: { name: string; onName: (name: string) => void }) {
  const wanted = name.trim();
  const known = useRegisteredModelsNamed(wanted, true).data ?? [];
  const exact = known.find((model) => model.name === wanted);
  const latest = Math.max(
    0,
    ...(exact?.latest_versions ?? []).map(({ version }) => Number(version)),
  );
  const offered = known.filter((model) => model.name !== wanted).slice(0, 5);
  return (
    <div className="name-field">
      <label>
        Name
        <input
          className="field"
          placeholder="house-prices"
          value={name}
          onChange={(event) => onName(event.target.value)}
        />
      </label>
      {!exact && offered.length > 0 && (
        <div className="offers">
          {offered.map((model) => (
            <button key={model.name} type="button" onClick={() => onName(model.name)}>
              <Icon name="model" size={12} />
              <span className="ellipsis">{model.name}</span>
            </button>
          ))}
        </div>
      )}
      <p className="form-note">
        {exact
          ? `The next version of “${wanted}”${latest ? `, whose latest is ${latest}` : ""}.`
          : wanted
            ? `“${wanted}” does not exist yet: it is made, and this is its version 1.`
            : "The name of a registered model; a new one is made if there is none."}
      </p>
    </div>
  );
}
