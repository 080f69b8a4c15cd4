/** A section of what people wrote, in Markdown, which is changed where it stands. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Button, Choice, IconButton } from "./button";
import { Markdown } from "./markdown";
import { attempt, say } from "./notices";
import { Section } from "./section";

interface MarkdownSectionProps {
  title: "Notes" | "Description";
  text: string;
  /** What stands on the button where nothing is written yet. */
  invitation: string;
  /** Keeps the text; "" takes it away. Undefined where it may not be changed. */
  write: ((text: string) => Promise<unknown>) | undefined;
  /** The address of an image that the text names; undefined where it may not be shown. */
  imageAddress?: (address: string) => string | undefined;
}

export function MarkdownSection(props: MarkdownSectionProps) {
  const { title, text, invitation, write, imageAddress } = props;
  const [isEditing, setEditing] = useState(false);
  const name = title.toLowerCase();
  const failed = title === "Notes" ? "The notes were not saved" : "The description was not saved";
  const save = async (to: string) => {
    const isDone = !write || to === text || (await attempt(failed, () => write(to)));
    if (!isDone) return;
    setEditing(false);
    if (write && to !== text)
      say(to ? `Saved the ${name}` : `Deleted the ${name}`, () => write(text));
  };
  const edit = () => setEditing(true);
  return (
    <Section
      title={title}
      action={
        write && !isEditing && <IconButton icon="pencil" label={`Edit ${name}`} onClick={edit} />
      }
    >
      {isEditing ? (
        <Editor {...props} onSave={(to) => void save(to)} onCancel={() => setEditing(false)} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll
        <section className="section-body written" aria-label="What is written" tabIndex={0}>
          {text ? (
            <Markdown text={text} imageAddress={imageAddress} />
          ) : write ? (
            <Button tone="quiet" icon="pencil" onClick={edit}>
              {invitation}
            </Button>
          ) : (
            <p className="faint">None.</p>
          )}
        </section>
      )}
    </Section>
  );
}

type View = "write" | "read";
const VIEWS: { value: View; label: string }[] = [
  { value: "write", label: "Write" },
  { value: "read", label: "Preview" },
];

interface EditorProps extends MarkdownSectionProps {
  onSave: (text: string) => void;
  onCancel: () => void;
}

/** Ctrl Enter saves, Escape does not. */
function Editor({ title, text, imageAddress, onSave, onCancel }: EditorProps) {
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
    <div className="section-body markdown-editor">
      {view === "write" ? (
        <textarea
          ref={field}
          className="field area"
          aria-label={`${title} in Markdown`}
          rows={Math.min(20, Math.max(6, draft.split("\n").length + 1))}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={pressed}
        />
      ) : (
        <Markdown text={draft} imageAddress={imageAddress} />
      )}
      <div className="row-of-buttons">
        <Button tone="accent" onClick={finish}>
          Save
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
        <Choice label={title} value={view} options={VIEWS} onChange={setView} />
        <span className="faint">Markdown; Ctrl Enter saves</span>
      </div>
    </div>
  );
}
