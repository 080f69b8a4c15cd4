/** The box for the search language; what the server says is wrong stands below it. */
import { type RefObject, useEffect, useState } from "react";
import { SearchField } from "./fields";

const RUNS = "Filter: part of a name, or metrics.loss < 0.1 and params.model = 'tree'";

interface FilterBoxProps {
  label?: string;
  field: RefObject<HTMLInputElement | null>;
  applied: string;
  problem: string | undefined;
  onApply: (text: string) => void;
}

/** Enter applies. */
export function FilterBox({ label = RUNS, field, applied, problem, onApply }: FilterBoxProps) {
  const [draft, setDraft] = useState(applied);
  useEffect(() => setDraft(applied), [applied]);
  return (
    <div className="filter-box">
      <SearchField
        field={field}
        label={label}
        value={draft}
        onChange={setDraft}
        onApply={(text) => text !== applied && onApply(text)}
        isCode
        isInvalid={problem !== undefined}
        describedBy="filter-problem"
      />
      {problem && (
        <p id="filter-problem" className="filter-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
