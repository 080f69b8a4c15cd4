/** Dialogs about a webhook: which of them is open, and deleting one. */
import type { Webhook } from "../../api/types.gen";
import { useWebhookChanges } from "../../data/webhooks";
import { FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";
import { SampleDialog } from "./sample_dialog";
import { WebhookForm } from "./webhook_form";

/** What a reader wants to do with webhooks. */
export type Asked = { kind: "create" } | { kind: "edit" | "test" | "delete"; webhook: Webhook };

interface WebhookDialogProps {
  asked: Asked;
  onClose: () => void;
  /** Called when the webhook is gone, before the pages ask for it. */
  onDeleted?: () => void;
}

export function WebhookDialog({ asked, onClose, onDeleted }: WebhookDialogProps) {
  switch (asked.kind) {
    case "create":
      return <WebhookForm onClose={onClose} />;
    case "edit":
      return <WebhookForm webhook={asked.webhook} onClose={onClose} />;
    case "test":
      return <SampleDialog webhook={asked.webhook} onClose={onClose} />;
    case "delete":
      return <DeleteDialog webhook={asked.webhook} onClose={onClose} onDeleted={onDeleted} />;
  }
}

interface DeleteDialogProps {
  webhook: Webhook;
  onClose: () => void;
  onDeleted: (() => void) | undefined;
}

/** Asks first: what is deleted cannot be brought back, since nobody else knows the secret. */
function DeleteDialog({ webhook, onClose, onDeleted }: DeleteDialogProps) {
  const changes = useWebhookChanges();
  const remove = async () => {
    await changes.delete(webhook.webhook_id);
    onDeleted?.();
    say(`Deleted “${webhook.name}”`);
  };
  return (
    <FormDialog title="Delete webhook" action="Delete" isGrave onSave={remove} onClose={onClose}>
      <p className="form-note">
        <b>{webhook.name}</b> goes for good, with its secret, its log and whatever still waits to be
        sent. To stop it for a while, pause it.
      </p>
    </FormDialog>
  );
}
