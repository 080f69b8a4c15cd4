/** What people wrote about a run, in Markdown. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { Run } from "../../api/types.gen";
import { fileAddress } from "../../data/artifacts";
import { rowOf } from "../../data/columns";
import { useRunChanges } from "../../data/runs";
import { pathBeside } from "../../data/safe_links";
import { Button, Choice, IconButton } from "../../widgets/button";
import { Markdown } from "../../widgets/markdown";
import { attempt, say } from "../../widgets/notices";
import { Section } from "../../widgets/section";

const NOTE = "mlflow.note.content";

export function NotesSection({ run }: { run: Run }) {
  const [isEditing, setEditing] = useState(false);
  const changes = useRunChanges();
  const { run_id, lifecycle_stage } = run.info;
  const text = rowOf(run).tags.get(NOTE) ?? "";
  const write = (to: string) =>
    to ? changes.setTag(run_id, NOTE, to) : changes.deleteTag(run_id, NOTE);
  const save = async (to: string) => {
    const isDone = to === text || (await attempt("The notes were not saved", () => write(to)));
    if (!isDone) return;
    setEditing(false);
    if (to !== text) say(to ? "Saved the notes" : "Deleted the notes", () => write(text));
  };
  const canEdit = lifecycle_stage !== "deleted";
  const edit = () => setEditing(true);
  return (
    <Section
      title="Notes"
      action={
        canEdit && !isEditing && <IconButton icon="pencil" label="Edit notes" onClick={edit} />
      }
    >
      {isEditing ? (
        <NotesEditor
          run_id={run_id}
          text={text}
          onSave={(to) => void save(to)}
          onCancel={() => setEditing(false)}
        />
      ) : text ? (
        <div className="section-body">
          <Notes run_id={run_id} text={text} />
        </div>
      ) : (
        <div className="section-body">
          {canEdit ? (
            <Button tone="quiet" icon="pencil" onClick={edit}>
              Write notes
            </Button>
          ) : (
            <p className="faint">None.</p>
          )}
        </div>
      )}
    </Section>
  );
}

function Notes({ run_id, text }: { run_id: string; text: string }) {
  const imageAddress = (address: string) => {
    const path = pathBeside("", address);
    return path && fileAddress(run_id, path);
  };
  return <Markdown text={text} imageAddress={imageAddress} />;
}

type View = "write" | "read";
const VIEWS: { value: View; label: string }[] = [
  { value: "write", label: "Write" },
  { value: "read", label: "Preview" },
];

interface NotesEditorProps {
  run_id: string;
  text: string;
  onSave: (text: string) => void;
  onCancel: () => void;
}

/** Ctrl Enter saves, Escape does not. */
function NotesEditor({ run_id, text, onSave, onCancel }: NotesEditorProps) {
  const [draft, setDraft] = useState(text);
  const [view, setView] = useState<View>("write");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const finish = () => onSave(draft.trimEnd());
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) finish();
  };
  return (
    <div className="section-body notes-editor">
      {view === "write" ? (
        <textarea
          ref={field}
          className="field area"
          aria-label="Notes in Markdown"
          rows={Math.min(20, Math.max(6, draft.split("\n").length + 1))}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={pressed}
        />
      ) : (
        <Notes run_id={run_id} text={draft} />
      )}
      <div className="row-of-buttons">
        <Button tone="accent" onClick={finish}>
          Save
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
        <Choice label="Notes" value={view} options={VIEWS} onChange={setView} />
        <span className="faint">Markdown; Ctrl Enter saves</span>
      </div>
    </div>
  );
}
