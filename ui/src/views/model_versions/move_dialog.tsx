/** Asks to which stage a version is to move, what becomes of those there, and why. */
import { useState } from "react";
import type { ModelVersion, StagePolicy } from "../../api/types.gen";
import { useModelVersionChanges } from "../../data/model_versions";
import { useRegistryState } from "../../data/registry_events";
import { isInUse, mayMove, protectionOf, stagesOf, useStagePolicy } from "../../data/stages";
import { useTransitionRequestChanges } from "../../data/transition_requests";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { Icon } from "../../widgets/icons";
import { say } from "../../widgets/notices";
import { StageMark } from "../../widgets/registry";
import { Findings } from "./findings";

interface MoveDialogProps {
  version: ModelVersion;
  onClose: () => void;
}

/** Where approval is needed, it asks for that instead of moving. */
export function MoveDialog({ version, onClose }: MoveDialogProps) {
  const { name, version: number, current_stage: from = "None" } = version;
  const changes = useModelVersionChanges();
  const requests = useTransitionRequestChanges();
  const policy = useStagePolicy();
  const [stage, setStage] = useState<string>();
  const [isArchiving, setArchiving] = useState(true);
  const [comment, setComment] = useState("");
  const there = useOthersIn(name, number, stage);
  const guarded = stage === undefined ? undefined : protectionOf(policy, from, stage);
  const move = async () => {
    if (stage === undefined) return;
    const why = comment.trim();
    const archive_existing_versions = isArchiving && isInUse(stage);
    const wanted = { stage, archive_existing_versions };
    if (guarded) {
      await requests.ask({ name, version: number, ...wanted }, why);
      say(`Asked to move version ${number} to ${stage}`);
    } else {
      await changes.move(name, number, { ...wanted, comment: why });
      say(`Version ${number} is in ${stage} now`);
    }
  };
  return (
    <FormDialog
      title={`Move version ${number}`}
      action={stage ? `${guarded ? "Ask to move" : "Move"} to ${stage}` : "Move"}
      isReady={stage !== undefined}
      onSave={move}
      onClose={onClose}
    >
      <StageChoice policy={policy} from={from} stage={stage} onStage={setStage} />
      {stage && isInUse(stage) && (
        <Others stage={stage} there={there} isArchiving={isArchiving} onArchiving={setArchiving} />
      )}
      <Findings name={name} version={number} target={stage ? { stage } : undefined} />
      {guarded && (
        <p className="form-note with-icon">
          <Icon name="shield" size={14} />
          {guarded} is protected: the move waits until somebody approves it.
        </p>
      )}
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}

interface StageChoiceProps {
  policy: StagePolicy;
  from: string;
  stage: string | undefined;
  onStage: (stage: string) => void;
}

function StageChoice({ policy, from, stage, onStage }: StageChoiceProps) {
  return (
    <fieldset className="stage-choice" aria-label="Stage">
      {stagesOf(policy).map(({ name, protected: isProtected }) => {
        const isAllowed = mayMove(policy, from, name);
        return (
          <label key={name} className={name === stage ? "chosen" : ""}>
            <input
              type="radio"
              name="stage"
              value={name}
              checked={name === stage}
              disabled={name === from || !isAllowed}
              onChange={() => onStage(name)}
            />
            <StageMark stage={name} />
            <span className="faint">
              {name === from
                ? "now"
                : !isAllowed
                  ? `not from ${from}`
                  : isProtected && "needs approval"}
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}

interface OthersProps {
  stage: string;
  there: readonly string[];
  isArchiving: boolean;
  onArchiving: (isArchiving: boolean) => void;
}

function Others({ stage, there, isArchiving, onArchiving }: OthersProps) {
  if (there.length === 0) return <p className="form-note">Nothing is in {stage} now.</p>;
  const isOne = there.length === 1;
  return (
    <label className="check-line">
      <input
        type="checkbox"
        checked={isArchiving}
        onChange={(event) => onArchiving(event.target.checked)}
      />
      Archive {isOne ? `version ${there[0]}` : `versions ${there.join(", ")}`}, which{" "}
      {isOne ? "is" : "are"} in {stage} now
    </label>
  );
}

/** The numbers of the other versions in a stage. */
function useOthersIn(name: string, number: string, stage: string | undefined): string[] {
  const state = useRegistryState(name, undefined);
  return (state.data?.versions ?? [])
    .filter((each) => each.current_stage === stage && each.version !== number)
    .map((each) => each.version);
}
