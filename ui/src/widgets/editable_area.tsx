/** A text of several lines that becomes a field when clicked. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Button } from "./button";

interface EditableAreaProps {
  label: string;
  value: string;
  placeholder: string;
  onSave: (text: string) => void;
}

/** Ctrl Enter saves, Escape does not. */
export function EditableArea({ label, value, placeholder, onSave }: EditableAreaProps) {
  const [draft, setDraft] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const isEditing = draft !== undefined;
  useEffect(() => {
    if (isEditing) field.current?.focus();
  }, [isEditing]);
  if (draft === undefined) {
    return (
      <button
        type="button"
        className={`editable-area ${value ? "" : "faint"}`}
        title={label}
        onClick={() => setDraft(value)}
      >
        {value || placeholder}
      </button>
    );
  }
  const finish = () => {
    setDraft(undefined);
    if (draft.trim() !== value) onSave(draft.trim());
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") setDraft(undefined);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) finish();
  };
  return (
    <div className="editing-area">
      <textarea
        ref={field}
        className="field area"
        aria-label={label}
        rows={Math.min(12, Math.max(3, draft.split("\n").length + 1))}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={pressed}
      />
      <div className="row-of-buttons">
        <Button tone="accent" onClick={finish}>
          Save
        </Button>
        <Button onClick={() => setDraft(undefined)}>Cancel</Button>
        <span className="faint">Ctrl Enter saves</span>
      </div>
    </div>
  );
}
