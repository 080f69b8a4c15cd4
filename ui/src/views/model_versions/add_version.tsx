/** The field that takes one more version into a comparison. */
import { type FormEvent, useState } from "react";
import { Button } from "../../widgets/button";

interface AddVersionProps {
  isFull: boolean;
  onAdd: (number: string) => void;
}

export function AddVersion({ isFull, onAdd }: AddVersionProps) {
  const [draft, setDraft] = useState("");
  const number = draft.trim().replace(/^v(ersion)?\s*/i, "");
  const isNumber = /^[1-9]\d*$/.test(number);
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!isNumber) return;
    onAdd(number);
    setDraft("");
  };
  return (
    <form className="add-version" onSubmit={add}>
      <input
        className="field"
        inputMode="numeric"
        aria-label="Add a version"
        placeholder="Add a version"
        value={draft}
        disabled={isFull}
        onChange={(event) => setDraft(event.target.value)}
      />
      <Button type="submit" icon="plus" disabled={isFull || !isNumber}>
        Add
      </Button>
    </form>
  );
}
