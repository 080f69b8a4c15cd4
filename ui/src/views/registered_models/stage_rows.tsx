/** Which versions are in which stage in use, since when and by whom; and the way back. */
import { useState } from "react";
import type { VersionState } from "../../api/types.gen";
import { isInUse, stagesToShow, useStages } from "../../data/stages";
import { IconButton } from "../../widgets/button";
import { StageMark, VersionLink } from "../../widgets/registry";
import { Time } from "../../widgets/values";
import { RollBackDialog } from "../registry_events/roll_back_dialog";

interface StageRowsProps {
  name: string;
  versions: readonly VersionState[];
  canChange: boolean;
}

export function StageRows({ name, versions, canChange }: StageRowsProps) {
  const seen = versions.map((version) => version.current_stage);
  const stages = stagesToShow(useStages(), seen);
  const [asked, setAsked] = useState<string>();
  const aside = versions.filter((version) => !isInUse(version.current_stage)).length;
  return (
    <div className="standing">
      {stages.map((stage) => (
        <div key={stage} className="standing-row">
          <StageMark stage={stage} />
          <InStage
            name={name}
            versions={versions.filter((version) => version.current_stage === stage)}
          />
          {canChange && (
            <IconButton
              icon="undo"
              label={`Roll back the last change of ${stage}`}
              onClick={() => setAsked(stage)}
            />
          )}
        </div>
      ))}
      {aside > 0 && (
        <p className="standing-note">
          {aside} {aside === 1 ? "version" : "versions"} in no stage or archived
        </p>
      )}
      {asked !== undefined && (
        <RollBackDialog name={name} target={{ stage: asked }} onClose={() => setAsked(undefined)} />
      )}
    </div>
  );
}

function InStage({ name, versions }: { name: string; versions: readonly VersionState[] }) {
  if (versions.length === 0) return <span className="faint">Nothing</span>;
  return (
    <div className="standing-versions">
      {versions.map(({ version, since, user_id, comment }) => (
        <div key={version}>
          <VersionLink name={name} version={version} />
          <span className="faint">
            <Time at={since} />
            {user_id && ` · ${user_id}`}
          </span>
          {comment && <q className="comment">{comment}</q>}
        </div>
      ))}
    </div>
  );
}
