/** A dialog that asks for something and does it; what the server has against it stands inside. */
import { type FormEvent, type ReactNode, useState } from "react";
import { ApiError } from "../api/client";
import { Button } from "./button";
import { CopyButton } from "./copy";
import { Dialog } from "./dialog";

interface FormDialogProps {
  title: string;
  action: string;
  /** Whether what was asked for is complete. */
  isReady?: boolean;
  /** Whether the action cannot be undone. */
  isGrave?: boolean;
  onSave: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}

/** Stays open and says why if the server refuses. */
export function FormDialog(props: FormDialogProps) {
  const [problem, setProblem] = useState<unknown>();
  const [isSaving, setSaving] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setSaving(true);
    setProblem(undefined);
    try {
      await props.onSave();
      props.onClose();
    } catch (error) {
      setProblem(error);
      setSaving(false);
    }
  };
  const tone = props.isGrave ? "grave" : "accent";
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form className="name-form" onSubmit={(event) => void save(event)}>
        {props.children}
        {problem !== undefined && <Problem error={problem} />}
        <div className="row-of-buttons">
          <Button onClick={props.onClose}>Cancel</Button>
          <button
            type="submit"
            className={`button ${tone}`}
            disabled={props.isReady === false || isSaving}
          >
            {props.action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Problem({ error }: { error: unknown }) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div className="form-problem" role="alert">
      <p className="bad-text">{message}</p>
      {error instanceof ApiError && <CopyButton text={error.details} label="Copy details" />}
    </div>
  );
}

interface CommentFieldProps {
  value: string;
  onChange: (text: string) => void;
  placeholder?: string;
}

/** Why: kept in the history. */
export function CommentField({ value, onChange, placeholder }: CommentFieldProps) {
  return (
    <label>
      Comment
      <textarea
        className="field area"
        rows={2}
        placeholder={placeholder ?? "Why? The history keeps it."}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
