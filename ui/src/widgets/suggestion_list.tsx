/** A list of what could be typed next, below the place where it would go. */
import { useEffect, useRef } from "react";
import type { Suggestion } from "../data/completion";

interface SuggestionListProps {
  id: string;
  suggestions: readonly Suggestion[];
  /** The chosen one's place; -1 for none. */
  active: number;
  /** Where the list begins, in pixels. */
  left: number;
  /** What stands above it: why something has to be typed. */
  note?: string | undefined;
  onTake: (suggestion: Suggestion) => void;
}

export function SuggestionList({
  id,
  suggestions,
  active,
  left,
  note,
  onTake,
}: SuggestionListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div className="suggestions" style={{ left }}>
      {note && (
        <p id="filter-problem" className="filter-problem" role="alert">
          {note}
        </p>
      )}
      <div ref={list} id={id} role="listbox" aria-label="Suggestions">
        {suggestions.map((suggestion, at) => (
          <div
            key={suggestion.label}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === active}
            className="suggestion"
            onPointerDown={(event) => {
              event.preventDefault(); // the field keeps the focus
              onTake(suggestion);
            }}
          >
            <span className="ellipsis">{suggestion.label}</span>
            {suggestion.hint && <span className="faint">{suggestion.hint}</span>}
          </div>
        ))}
      </div>
    </div>
  );
}
