/** Fields to type into. */
import {
  type ComponentProps,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useRef,
  useState,
} from "react";
import { IconButton } from "./button";
import { Icon } from "./icons";

interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
  /** Called for Enter and when the field is left; without it, every letter counts. */
  onApply?: (text: string) => void;
  isCode?: boolean;
  isInvalid?: boolean;
  describedBy?: string;
  field?: Ref<HTMLInputElement>;
  /** Hears keys first; answers whether it was for them. */
  onKey?: (event: KeyboardEvent<HTMLInputElement>) => boolean;
  /** Drawn over the text. */
  overlay?: ReactNode;
  /** More attributes of the field. */
  input?: Omit<ComponentProps<"input">, "ref">;
}

/** A field with a magnifying glass and, once filled, a cross. */
export function SearchField(props: SearchFieldProps) {
  const pressed = (event: KeyboardEvent<HTMLInputElement>) => {
    if (props.onKey?.(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter") props.onApply?.(props.value);
    if (event.key === "Escape") event.currentTarget.blur();
  };
  const clear = () => {
    props.onChange("");
    props.onApply?.("");
  };
  return (
    <div className={`search-field ${props.isInvalid ? "invalid" : ""}`}>
      <Icon name="search" size={14} />
      <span className="search-text">
        <input
          {...props.input}
          ref={props.field}
          type="text"
          spellCheck={false}
          autoComplete="off"
          className={props.isCode && props.value ? "code" : undefined}
          placeholder={props.label}
          aria-label={props.label}
          aria-invalid={props.isInvalid}
          aria-describedby={props.describedBy}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
          onKeyDown={pressed}
          onBlur={(event) => {
            props.input?.onBlur?.(event);
            props.onApply?.(props.value);
          }}
        />
        {props.overlay}
      </span>
      {props.value && <IconButton icon="close" label="Clear" onClick={clear} />}
    </div>
  );
}

interface EditableProps {
  label: string;
  value: string;
  onSave: (text: string) => void;
  className?: string;
}

/** A text that becomes a field when clicked. Enter saves, Escape does not. */
export function EditableText({ label, value, onSave, className = "" }: EditableProps) {
  const [draft, setDraft] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  const isEditing = draft !== undefined;
  useEffect(() => {
    if (isEditing) field.current?.select();
  }, [isEditing]);
  if (draft === undefined) {
    return (
      <button
        type="button"
        className={`editable ${className}`}
        title={`${value}\n${label}`}
        onClick={() => setDraft(value)}
      >
        <span>{value || "–"}</span>
        <Icon name="pencil" size={12} />
      </button>
    );
  }
  const finish = (isSaved: boolean) => {
    setDraft(undefined);
    if (isSaved && draft.trim() && draft !== value) onSave(draft);
  };
  return (
    <input
      ref={field}
      className={`editable-field ${className}`}
      aria-label={label}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        if (event.key === "Enter") finish(true);
        if (event.key === "Escape") finish(false);
      }}
    />
  );
}
