/** Asks for a name and a description. */
import { useState } from "react";
import { FormDialog } from "./form_dialog";

interface Named {
  name: string;
  description?: string;
}

interface NameDescriptionDialogProps {
  title: string;
  action: string;
  /** What there is; without it something new. */
  named?: Named;
  onSave: (named: { name: string; description: string }) => Promise<unknown>;
  onClose: () => void;
}

export function NameDescriptionDialog(props: NameDescriptionDialogProps) {
  const { title, action, named, onSave, onClose } = props;
  const [name, setName] = useState(named?.name ?? "");
  const [description, setDescription] = useState(named?.description ?? "");
  return (
    <FormDialog
      title={title}
      action={action}
      isReady={name.trim() !== ""}
      onSave={() => onSave({ name: name.trim(), description: description.trim() })}
      onClose={onClose}
    >
      <label>
        Name
        <input className="field" value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <label>
        Description
        <input
          className="field"
          placeholder="Optional"
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </label>
    </FormDialog>
  );
}
