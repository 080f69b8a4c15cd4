/** Adds a user or a group by its name; what the server has against it stands below. */
import { type FormEvent, useState } from "react";

interface Subject {
  kind: "user" | "group";
  name: string;
}

interface SubjectFormProps {
  /** Of the field. */
  label: string;
  kinds: readonly Subject["kind"][];
  onAdd: (subject: Subject) => Promise<unknown>;
}

export function SubjectForm({ label, kinds, onAdd }: SubjectFormProps) {
  const [kind, setKind] = useState<Subject["kind"]>(kinds[0] ?? "user");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string>();
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(undefined);
    try {
      await onAdd({ kind, name: name.trim() });
      setName("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className="subject-form" onSubmit={(event) => void add(event)}>
      <div className="limit-line">
        {kinds.length > 1 && (
          <select
            className="field limit-kind"
            aria-label={`Kind of ${label.toLowerCase()}`}
            value={kind}
            onChange={(event) => setKind(event.target.value as Subject["kind"])}
          >
            {kinds.map((each) => (
              <option key={each} value={each}>
                {each === "user" ? "User" : "Group"}
              </option>
            ))}
          </select>
        )}
        <input
          className="field"
          aria-label={label}
          placeholder={`Name of a ${kind}`}
          autoCapitalize="none"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <button type="submit" className="button" disabled={name.trim() === ""}>
          Add
        </button>
      </div>
      {problem && (
        <p className="bad-text" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
