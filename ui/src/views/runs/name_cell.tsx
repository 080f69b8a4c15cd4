/** The first cell of a run: its place in the tree, colour, state and name. */
import { useEffect, useRef, useState } from "react";
import { places } from "../../data/address";
import { basicsOf, endReasonOf, type RunLine } from "../../data/table_lines";
import { Icon } from "../../widgets/icons";
import { RunState } from "../../widgets/values";

/** One level of the tree, in pixels. */
const INDENT = 14;

interface NameCellProps {
  line: RunLine;
  colour: string | undefined;
  onExpand: (line: RunLine, isExpanded: boolean) => void;
}

export function NameCell({ line, colour, onExpand }: NameCellProps) {
  const info = basicsOf(line);
  const name = info.run_name || info.run_id;
  const children = line.table.child_counts[line.at];
  return (
    <span className="run-name" style={{ paddingLeft: (line.level - 1) * INDENT }}>
      {line.table.child_counts.length > 0 && (
        <Twisty
          isExpanded={line.isExpanded}
          label={`${children} runs below ${name}`}
          onToggle={(isExpanded) => onExpand(line, isExpanded)}
        />
      )}
      <i className="swatch" style={{ background: colour ?? "transparent" }} />
      <RunState run={{ info }} reason={endReasonOf(line)} />
      <a className="cell-link" href={places.run(info.experiment_id, info.run_id)} title={name}>
        {name}
      </a>
      {children ? <span className="faint">{children}</span> : null}
    </span>
  );
}

interface RenameFieldProps {
  line: RunLine;
  /** Called with the new name, or without one if it stays. */
  onDone: (name: string | undefined) => void;
}

/** The name of a run as a field. Enter saves, Escape does not. */
export function RenameField({ line, onDone }: RenameFieldProps) {
  const { run_name } = basicsOf(line);
  const [draft, setDraft] = useState(run_name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const finish = (isSaved: boolean) => {
    const name = draft.trim();
    onDone(isSaved && name && name !== run_name ? name : undefined);
  };
  return (
    <input
      ref={field}
      className="editable-field cell-field"
      aria-label={`Name of ${run_name}`}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish(true);
        if (event.key === "Escape") finish(false);
      }}
    />
  );
}

interface TwistyProps {
  /** Undefined where there is nothing to open; the place is kept. */
  isExpanded: boolean | undefined;
  label: string;
  onToggle: (isExpanded: boolean) => void;
}

/** Opens and closes what is below a line. */
export function Twisty({ isExpanded, label, onToggle }: TwistyProps) {
  if (isExpanded === undefined) return <span className="twisty" />;
  return (
    <button
      type="button"
      className={`twisty ${isExpanded ? "open" : ""}`}
      aria-label={`${isExpanded ? "Hide" : "Show"} ${label}`}
      aria-expanded={isExpanded}
      tabIndex={-1}
      onClick={() => onToggle(!isExpanded)}
    >
      <Icon name="twisty" size={12} />
    </button>
  );
}
