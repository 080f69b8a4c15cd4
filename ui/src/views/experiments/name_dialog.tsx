/** Asks for the name of an experiment. */
import { type FormEvent, useState } from "react";
import { Button } from "../../widgets/button";
import { Dialog } from "../../widgets/dialog";

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
  const [problem, setProblem] = useState("");
  const [isSaving, setSaving] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setSaving(true);
    try {
      await onSave(draft.trim());
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setSaving(false);
    }
  };
  const isReady = draft.trim() !== "" && draft.trim() !== name && !isSaving;
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="name-form" onSubmit={save}>
        <label>
          Name
          <input
            className="field"
            value={draft}
            aria-invalid={problem !== ""}
            onChange={(event) => setDraft(event.target.value)}
          />
        </label>
        {problem && (
          <p className="bad-text" role="alert">
            {problem}
          </p>
        )}
        <div className="row-of-buttons">
          <Button onClick={onClose}>Cancel</Button>
          <button type="submit" className="button accent" disabled={!isReady}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
