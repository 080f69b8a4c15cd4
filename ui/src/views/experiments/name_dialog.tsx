/** Asks for the name of an experiment. */
import { useState } from "react";
import { FormDialog } from "../../widgets/form_dialog";

interface NameDialogProps {
  title: string;
  action: string;
  name?: string;
  onSave: (name: string) => Promise<void>;
  onClose: () => void;
}

/** Stays open and says why if the server refuses. */
export function NameDialog({ title, action, name = "", onSave, onClose }: NameDialogProps) {
  const [draft, setDraft] = useState(name);
  const wanted = draft.trim();
  return (
    <FormDialog
      title={title}
      action={action}
      isReady={wanted !== "" && wanted !== name}
      onSave={() => onSave(wanted)}
      onClose={onClose}
    >
      <label>
        Name
        <input className="field" value={draft} onChange={(event) => setDraft(event.target.value)} />
      </label>
    </FormDialog>
  );
}
