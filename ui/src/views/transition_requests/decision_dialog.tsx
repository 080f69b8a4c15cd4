/** Asks why a request is approved, refused or withdrawn. */
import { useState } from "react";
import type { TransitionRequest } from "../../api/types.gen";
import { type Decision, useTransitionRequestChanges } from "../../data/transition_requests";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { Findings } from "../model_versions/findings";
import { Wanted } from "./wanted";

const WORDS: Record<Decision, { title: string; action: string; done: string }> = {
  approve: { title: "Approve the request", action: "Approve", done: "Approved" },
  reject: { title: "Refuse the request", action: "Refuse", done: "Refused" },
  cancel: { title: "Withdraw the request", action: "Withdraw", done: "Withdrew" },
};

interface DecisionDialogProps {
  request: TransitionRequest;
  decision: Decision;
  onClose: () => void;
}

/** Approving moves at once, so it shows what the gates say. */
export function DecisionDialog({ request, decision, onClose }: DecisionDialogProps) {
  const changes = useTransitionRequestChanges();
  const [comment, setComment] = useState("");
  const { title, action, done } = WORDS[decision];
  const { request_id, user_id, stage, alias, name, version = "" } = request;
  const target = stage ? { stage } : alias ? { alias } : undefined;
  const decide = async () => {
    await changes.decide(request_id, decision, comment.trim());
    say(`${done} the request of ${user_id ?? "someone"}`);
  };
  return (
    <FormDialog title={title} action={action} onSave={decide} onClose={onClose}>
      <div className="form-part">
        <p>
          <b>{user_id ?? "Someone"}</b> asks to <Wanted request={request} />
        </p>
        {request.comment && <q className="comment">{request.comment}</q>}
      </div>
      {decision === "approve" && <Findings name={name} version={version} target={target} />}
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}
