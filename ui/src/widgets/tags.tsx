/** Tags in a line of a table, and as rows that can be changed, removed and added. */
import { type KeyboardEvent, useState } from "react";
import { IconButton } from "./button";
import { CopyButton } from "./copy";
import { EditableText } from "./fields";
import { Icon } from "./icons";
import { attempt, say } from "./notices";

/** The tags that people set, one after another. */
export function Tags({
  tags = [],
}: {
  tags?: readonly { key: string; value?: string }[] | undefined;
}) {
  const own = tags.filter((tag) => !tag.key.startsWith("mlflow."));
  return (
    <span className="tags" title={own.map((tag) => `${tag.key}: ${tag.value ?? ""}`).join("\n")}>
      {own.map((tag) => (
        <span key={tag.key} className="tag">
          <i>{tag.key}</i> {tag.value}
        </span>
      ))}
    </span>
  );
}

/** What changes the tags of something. */
export interface TagChanges {
  setTag: (key: string, value: string) => Promise<unknown>;
  deleteTag: (key: string) => Promise<unknown>;
}

interface TagRowProps {
  tagKey: string;
  value: string;
  /** Undefined where they may not be changed. */
  changes: TagChanges | undefined;
}

/** One tag; what clients set by themselves can be read and copied only. */
export function TagRow({ tagKey, value, changes }: TagRowProps) {
  const isOurs = tagKey.startsWith("mlflow.");
  return (
    <div className={`fact ${isOurs ? "faint-row" : ""}`}>
      <span className="fact-key" title={tagKey}>
        {tagKey}
      </span>
      {isOurs || !changes ? (
        <>
          <span className="fact-value" title={value.slice(0, 2_000)}>
            {value.slice(0, 300)}
          </span>
          <CopyButton text={value} label={`Copy ${tagKey}`} />
        </>
      ) : (
        <TagFields tagKey={tagKey} value={value} changes={changes} />
      )}
    </div>
  );
}

/** The value as a field, and the way to delete it. */
function TagFields({ tagKey, value, changes }: TagRowProps & { changes: TagChanges }) {
  const save = (to: string) => attempt("The tag was not changed", () => changes.setTag(tagKey, to));
  const remove = async () => {
    if (await attempt("The tag was not deleted", () => changes.deleteTag(tagKey))) {
      say(`Deleted the tag “${tagKey}”`, () => changes.setTag(tagKey, value));
    }
  };
  return (
    <>
      <EditableText
        className="fact-value"
        label={`Change ${tagKey}`}
        value={value}
        onSave={(to) => void save(to)}
      />
      <IconButton icon="close" label={`Delete the tag ${tagKey}`} onClick={() => void remove()} />
    </>
  );
}

/** All tags of something, and the field that adds one where they may be changed. */
export function TagList({ tags, changes }: TagListProps) {
  return (
    <div className="fact-list">
      {tags.map(({ key, value = "" }) => (
        <TagRow key={key} tagKey={key} value={value} changes={changes} />
      ))}
      {changes && <NewTag changes={changes} />}
      {!changes && tags.length === 0 && <p className="standing-note">None</p>}
    </div>
  );
}

interface TagListProps {
  tags: readonly { key: string; value?: string }[];
  changes: TagChanges | undefined;
}

/** The field that adds a tag. */
export function NewTag({ changes }: { changes: TagChanges }) {
  const [draft, setDraft] = useState("");
  const pressed = async (event: KeyboardEvent) => {
    if (event.key === "Escape") setDraft("");
    if (event.key !== "Enter" || !draft.trim()) return;
    const [key = "", ...rest] = draft.split("=");
    const value = rest.join("=").trim();
    const isDone = await attempt("The tag was not added", () => changes.setTag(key.trim(), value));
    if (isDone) setDraft("");
  };
  return (
    <div className="fact new-tag">
      <Icon name="plus" size={12} />
      <input
        aria-label="Add a tag"
        placeholder="Add a tag: key = value"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => void pressed(event)}
      />
    </div>
  );
}
