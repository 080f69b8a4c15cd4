/** Asks what a new token is for, what it carries and how long it lives. */
import { useState } from "react";
import type { NewToken, Resource, Token } from "../../api/types.gen";
import { expirationAfter, LIVES, SCOPES, useTokenChanges } from "../../data/tokens";
import { FormDialog } from "../../widgets/form_dialog";
import { ResourceLimits } from "./resource_limits";

interface NewTokenDialogProps {
  username: string;
  onMade: (made: NewToken) => void;
  onClose: () => void;
}

const USUAL_LIFE = 1;

export function NewTokenDialog({ username, onMade, onClose }: NewTokenDialogProps) {
  const changes = useTokenChanges();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Token["scope"]>("write");
  const [life, setLife] = useState(USUAL_LIFE);
  const [resources, setResources] = useState<readonly Resource[]>([]);
  const create = async () => {
    const expiration_time = expirationAfter(LIVES[life]?.days, Date.now());
    onMade(
      await changes.create({
        username,
        name: name.trim(),
        scope,
        resources: [...resources],
        ...(expiration_time !== undefined && { expiration_time }),
      }),
    );
  };
  return (
    <FormDialog
      title="New token"
      action="Create"
      isReady={name.trim() !== ""}
      onSave={create}
      onClose={onClose}
    >
      <label>
        Name
        <input
          className="field"
          placeholder="Which script or machine shows it"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <fieldset className="check-lines" aria-label="Carries">
        <legend>Carries</legend>
        {SCOPES.map(({ value, label, carries }) => (
          <label key={value} className="check-line">
            <input
              type="radio"
              name="scope"
              checked={scope === value}
              onChange={() => setScope(value)}
            />
            <span>
              {label} <span className="faint">{carries}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label>
        Lives
        <select
          className="field"
          value={life}
          onChange={(event) => setLife(Number(event.target.value))}
        >
          {LIVES.map(({ label }, at) => (
            <option key={label} value={at}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <ResourceLimits resources={resources} onChange={setResources} />
    </FormDialog>
  );
}
