/** Dialogs about a registered model as a whole: make, rename, delete. */
import { useState } from "react";
import { goTo, places } from "../../data/address";
import { useRegisteredModelChanges } from "../../data/registered_models";
import { CommentField, FormDialog } from "../../widgets/form_dialog";
import { say } from "../../widgets/notices";

export function NewModelDialog({ onClose }: { onClose: () => void }) {
  const changes = useRegisteredModelChanges();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const create = async () => {
    await changes.create(name.trim(), description.trim());
    goTo(places.model(name.trim()));
  };
  return (
    <FormDialog
      title="New model"
      action="Create"
      isReady={name.trim() !== ""}
      onSave={create}
      onClose={onClose}
    >
      <label>
        Name
        <input className="field" value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <label>
        Description
        <textarea
          className="field area"
          rows={3}
          placeholder="What it predicts, from what, and for whom"
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </label>
    </FormDialog>
  );
}

interface ModelDialogProps {
  name: string;
  onClose: () => void;
  /** Called with the new name, before the pages ask for it. */
  onDone?: (name: string) => void;
}

export function RenameModelDialog({ name, onClose, onDone }: ModelDialogProps) {
  const changes = useRegisteredModelChanges();
  const [draft, setDraft] = useState(name);
  const [comment, setComment] = useState("");
  const wanted = draft.trim();
  const rename = async () => {
    await changes.rename(name, wanted, comment.trim());
    onDone?.(wanted);
    say(`Renamed “${name}” to “${wanted}”`);
  };
  return (
    <FormDialog
      title="Rename model"
      action="Rename"
      isReady={wanted !== "" && wanted !== name}
      onSave={rename}
      onClose={onClose}
    >
      <label>
        Name
        <input className="field" value={draft} onChange={(event) => setDraft(event.target.value)} />
      </label>
      <p className="form-note">
        Whoever loads <code>models:/{name}/…</code> has to use the new name.
      </p>
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}

export function DeleteModelDialog({ name, onClose, onDone }: ModelDialogProps) {
  const changes = useRegisteredModelChanges();
  const [typed, setTyped] = useState("");
  const [comment, setComment] = useState("");
  const remove = async () => {
    await changes.delete(name, comment.trim());
    onDone?.(name);
    say(`Deleted “${name}” with its versions`);
  };
  return (
    <FormDialog
      title="Delete model"
      action="Delete"
      isGrave
      isReady={typed === name}
      onSave={remove}
      onClose={onClose}
    >
      <p className="form-note">
        All versions, stages and aliases of <b>{name}</b> go for good; only their history stays. The
        runs and logged models they came from are not touched.
      </p>
      <label>
        Type the name of the model to delete it
        <input className="field" value={typed} onChange={(event) => setTyped(event.target.value)} />
      </label>
      <CommentField value={comment} onChange={setComment} />
    </FormDialog>
  );
}
