/** Asks where an alias is to point. */
import { useState } from "react";
import type { VersionState } from "../../api/types.gen";
import { isBeforeAlias, useGates } from "../../data/gates";
import { useRegisteredModelChanges } from "../../data/registered_models";
import { isProtectedAlias, useStagePolicy } from "../../data/stages";
import { useTransitionRequestChanges } from "../../data/transition_requests";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { Icon } from "../../widgets/icons";
import { say } from "../../widgets/notices";
import { StageMark } from "../../widgets/registry";
import { Time } from "../../widgets/values";
import { Findings } from "../model_versions/findings";

interface AliasDialogProps {
  name: string;
  /** All versions of the model. */
  versions: readonly VersionState[];
  /** An alias that is to point elsewhere; without it, a new one is asked for. */
  alias?: string;
  /** The version it is to point to; without it, one is asked for. */
  version?: string;
  onClose: () => void;
}

export function AliasDialog({ name, versions, onClose, ...given }: AliasDialogProps) {
  const changes = useRegisteredModelChanges();
  const [alias, setAlias] = useState(given.alias ?? "");
  const [version, setVersion] = useState(given.version ?? "");
  const [comment, setComment] = useState("");
  const requests = useTransitionRequestChanges();
  const gates = useGates(name).data ?? [];
  const policy = useStagePolicy();
  const wanted = alias.trim().replace(/^@/, "");
  const number = version.trim().replace(/^v/i, "");
  const current = versions.find(({ aliases }) => aliases?.includes(wanted));
  const target = versions.find((each) => each.version === number);
  const isGuarded = isProtectedAlias(policy, wanted);
  const hasGates = gates.some((gate) => isBeforeAlias(gate, wanted));
  const set = async () => {
    const why = comment.trim();
    if (!isGuarded) return changes.setAlias(name, wanted, number, why);
    await requests.ask({ name, alias: wanted, version: number }, why);
    return say(`Asked to point @${wanted} to version ${number}`);
  };
  return (
    <FormDialog
      title={given.alias ? `Point @${given.alias} elsewhere` : "Set an alias"}
      action={
        target ? `${isGuarded ? "Ask to point" : "Point"} to version ${target.version}` : "Set"
      }
      isReady={wanted !== "" && number !== "" && current?.version !== number}
      onSave={set}
      onClose={onClose}
    >
      {!given.alias && (
        <label>
          Alias
          <input
            className="field"
            placeholder="champion"
            value={alias}
            onChange={(event) => setAlias(event.target.value)}
          />
        </label>
      )}
      {!given.version && (
        <label>
          Version
          <input
            className="field"
            inputMode="numeric"
            placeholder={versions[0] && `1 to ${versions[0].version}`}
            value={version}
            onChange={(event) => setVersion(event.target.value)}
          />
        </label>
      )}
      <p className="form-note">
        {current && current.version !== number && (
          <>
            @{wanted} points to version {current.version} now.{" "}
          </>
        )}
        {current && current.version === number && `@${wanted} points there already.`}
        {number && !target && `There is no version ${number}.`}
        {target && current?.version !== number && (
          <>
            Version {target.version} is in <StageMark stage={target.current_stage} /> since{" "}
            <Time at={target.since} />.
          </>
        )}
      </p>
      <Findings
        name={name}
        version={target?.version ?? ""}
        target={hasGates ? { alias: wanted } : undefined}
      />
      {isGuarded && (
        <p className="form-note with-icon">
          <Icon name="shield" size={14} />@{wanted} is protected: it moves when somebody approves.
        </p>
      )}
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}
