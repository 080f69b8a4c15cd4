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
  onTake: (suggestion: Suggestion) => void;
}

export function SuggestionList({ id, suggestions, active, left, onTake }: SuggestionListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label="Suggestions"
      className="suggestions"
      style={{ left }}
    >
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
  );
}
