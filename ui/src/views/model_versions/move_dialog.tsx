/** Asks to which stage a version is to move, what becomes of those there, and why. */
import { useState } from "react";
import type { ModelVersion } from "../../api/types.gen";
import { useModelVersionChanges } from "../../data/model_versions";
import { useRegistryState } from "../../data/registry_events";
import { isInUse, useStages } from "../../data/stages";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { StageMark } from "../../widgets/registry";

interface MoveDialogProps {
  version: ModelVersion;
  onClose: () => void;
}

export function MoveDialog({ version, onClose }: MoveDialogProps) {
  const { name, version: number, current_stage: from = "None" } = version;
  const changes = useModelVersionChanges();
  const stages = useStages();
  const [stage, setStage] = useState<string>();
  const [isArchiving, setArchiving] = useState(true);
  const [comment, setComment] = useState("");
  const there = useOthersIn(name, number, stage);
  const archive_existing_versions = isArchiving && stage !== undefined && isInUse(stage);
  const move = async () => {
    if (stage === undefined) return;
    await changes.move(name, number, { stage, archive_existing_versions, comment: comment.trim() });
    say(`Version ${number} is in ${stage} now`);
  };
  return (
    <FormDialog
      title={`Move version ${number}`}
      action={stage ? `Move to ${stage}` : "Move"}
      isReady={stage !== undefined}
      onSave={move}
      onClose={onClose}
    >
      <fieldset className="stage-choice" aria-label="Stage">
        {stages.map((each) => (
          <label key={each} className={each === stage ? "chosen" : ""}>
            <input
              type="radio"
              name="stage"
              value={each}
              checked={each === stage}
              disabled={each === from}
              onChange={() => setStage(each)}
            />
            <StageMark stage={each} />
            {each === from && <span className="faint">now</span>}
          </label>
        ))}
      </fieldset>
      {stage && isInUse(stage) && there.length > 0 && (
        <label className="check-line">
          <input
            type="checkbox"
            checked={isArchiving}
            onChange={(event) => setArchiving(event.target.checked)}
          />
          Archive {there.length === 1 ? `version ${there[0]}` : `versions ${there.join(", ")}`},
          which {there.length === 1 ? "is" : "are"} in {stage} now
        </label>
      )}
      {stage && isInUse(stage) && there.length === 0 && (
        <p className="form-note">Nothing is in {stage} now.</p>
      )}
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}

/** The numbers of the other versions in a stage. */
function useOthersIn(name: string, number: string, stage: string | undefined): string[] {
  const state = useRegistryState(name, undefined);
  return (state.data?.versions ?? [])
    .filter((each) => each.current_stage === stage && each.version !== number)
    .map((each) => each.version);
}
