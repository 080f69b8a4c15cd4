/** Asks before what cannot be undone. */
import type { ReactNode } from "react";
import { FormDialog } from "./form_dialog";
import { say } from "./notices";

interface ConfirmDialogProps {
  title: string;
  action: string;
  /** Said once it is done. */
  done: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  /** What is lost. */
  children: ReactNode;
}

export function ConfirmDialog({ onConfirm, done, children, ...rest }: ConfirmDialogProps) {
  const confirm = async () => {
    await onConfirm();
    say(done);
  };
  return (
    <FormDialog {...rest} isGrave onSave={confirm}>
      <p className="form-note">{children}</p>
    </FormDialog>
  );
}
