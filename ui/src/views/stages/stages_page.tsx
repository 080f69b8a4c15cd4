/** The stages that versions move through: their order, the moves between them, what is protected. */
import { useState } from "react";
import type { StagePolicy } from "../../api/types.gen";
import { NO_ADMINISTRATOR, useAdministers } from "../../data/session";
import { useStageChanges, useStagePolicyQuery } from "../../data/stages";
import { AdminTabs } from "../../widgets/admin_tabs";
import { Button } from "../../widgets/button";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { Failure, Loading } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { isSamePolicy, policyOf, rowsOf, type StageRow, withNewStage } from "./stage_draft";
import { StageTable } from "./stage_table";

export function StagesPage() {
  const found = useStagePolicyQuery();
  useTitle("Stages", "Admin");
  return (
    <div className="page">
      {found.isPending && <Loading />}
      {found.isError && !found.data && (
        <Failure
          what="The stages could not be loaded"
          error={found.error}
          retry={() => void found.refetch()}
        />
      )}
      {found.data && <StageEditor policy={found.data} />}
    </div>
  );
}

interface Draft {
  rows: readonly StageRow[];
  aliases: string;
}

function StageEditor({ policy }: { policy: StagePolicy }) {
  const saved: Draft = {
    rows: rowsOf(policy),
    aliases: (policy.protected_aliases ?? []).join(", "),
  };
  const [changed, setDraft] = useState<Draft>();
  const [isAsked, setAsked] = useState(false);
  const draft = changed ?? saved;
  const wanted = policyOf(draft.rows, draft.aliases);
  const isChanged = !isSamePolicy(wanted, policy);
  const administers = useAdministers();
  const reason = administers ? undefined : NO_ADMINISTRATOR;
  const isNamed = draft.rows.every(({ name }) => name.trim() !== "");
  return (
    <>
      <div className="toolbar">
        <AdminTabs />
        <span className="push" />
        {isChanged && (
          <Button tone="quiet" onClick={() => setDraft(undefined)}>
            Discard changes
          </Button>
        )}
        <Button
          icon="plus"
          disabled={!administers}
          title={reason}
          onClick={() => setDraft({ ...draft, rows: withNewStage(draft.rows) })}
        >
          New stage
        </Button>
        <Button
          tone="accent"
          disabled={!isChanged || !isNamed}
          title={reason}
          onClick={() => setAsked(true)}
        >
          Save
        </Button>
      </div>
      <fieldset className="stages-page" aria-label="Stages" disabled={!administers} title={reason}>
        <StageTable rows={draft.rows} onChange={(rows) => setDraft({ ...draft, rows })} />
        <label className="stage-aliases">
          <span>Protected aliases</span>
          <input
            className="field"
            placeholder="champion, blue"
            value={draft.aliases}
            onChange={(event) => setDraft({ ...draft, aliases: event.target.value })}
          />
          <span className="faint">
            They are moved by approved requests only, as are aliases with the name of a protected
            stage.
          </span>
        </label>
      </fieldset>
      {isAsked && (
        <SaveDialog
          policy={policy}
          wanted={wanted}
          onSaved={() => setDraft(undefined)}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}

interface SaveDialogProps {
  policy: StagePolicy;
  wanted: Required<StagePolicy>;
  onSaved: () => void;
  onClose: () => void;
}

function SaveDialog({ policy, wanted, onSaved, onClose }: SaveDialogProps) {
  const changes = useStageChanges();
  const [comment, setComment] = useState("");
  const save = async () => {
    await changes.set(wanted, comment.trim());
    onSaved();
    say("Saved the stages", () => changes.set(policy, "Undone"));
  };
  return (
    <FormDialog title="Save the stages" action="Save" onSave={save} onClose={onClose}>
      <p className="form-note">
        From now on the moves of all models follow these stages. Versions stay where they are; a
        stage that still holds some cannot be left out.
      </p>
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}
