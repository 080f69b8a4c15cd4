/** The box for the search language: what could come next, and what the server says is wrong. */
import {
  type KeyboardEvent,
  type RefObject,
  type UIEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { flushSync } from "react-dom";
import { completed, isAtEnd, type Place, type Suggestion, wordAt } from "../data/completion";
import { SearchField } from "./fields";
import { SuggestionList } from "./suggestion_list";

const RUNS = "Filter: part of a name, or metrics.loss < 0.1 and params.model = 'tree'";
const LIST = "filter-suggestions";

interface FilterBoxProps {
  label?: string;
  field: RefObject<HTMLInputElement | null>;
  applied: string;
  problem: string | undefined;
  /** Where in the applied text the problem is. */
  position?: number | undefined;
  /** What could come at a place behind `before`; `onBefore` hears what that is. Where something is
   * missing it is offered at once, below what the server says about it. */
  place?: Place | undefined;
  suggestions?: readonly Suggestion[];
  onBefore?: (before: string) => void;
  onApply: (text: string) => void;
}

const NOTHING: readonly Suggestion[] = [];

/** Enter applies, or takes the suggestion chosen by the arrows; Tab takes the first. */
export function FilterBox(props: FilterBoxProps) {
  const { label = RUNS, field, applied, problem, place, suggestions = NOTHING } = props;
  const [draft, setDraft] = useState(applied);
  const [isOpen, setOpen] = useState(false);
  const [isWaiting, setWaiting] = useState(false);
  const [active, setActive] = useState(-1);
  const [scrolled, setScrolled] = useState(0);
  useEffect(() => setDraft(applied), [applied]);

  const isMarked = problem !== undefined && props.position !== undefined && draft === applied;
  const isMissing = isMarked && isAtEnd(draft, props.position);
  const isAsked = isOpen || (isWaiting && isMissing);
  const isSuggesting = isAsked && place !== undefined && suggestions.length > 0;
  const mark = isSuggesting
    ? { start: place.start, end: place.start }
    : isMarked
      ? wordAt(draft, props.position ?? 0)
      : undefined;
  const [marked, left] = useLeft(`${draft} ${mark?.start} ${scrolled}`);

  const look = (input: HTMLInputElement) => {
    setActive(-1);
    props.onBefore?.(input.value.slice(0, input.selectionStart ?? input.value.length));
  };
  const take = (suggestion: Suggestion) => {
    const input = field.current;
    if (!input || !place) return;
    const next = completed(draft, input.selectionStart ?? draft.length, place, suggestion);
    // The cursor is placed before the next key is heard, and that needs the new text in the field.
    flushSync(() => setDraft(next.text));
    input.setSelectionRange(next.cursor, next.cursor);
    look(input);
  };
  const pressed = ({ key }: KeyboardEvent): boolean => {
    if (!isSuggesting) return false;
    const chosen = suggestions[Math.max(active, 0)];
    if (key === "Escape") {
      setOpen(false);
      setWaiting(false);
    } else if (key === "ArrowDown") setActive((active + 1) % suggestions.length);
    else if (key === "ArrowUp") setActive((active <= 0 ? suggestions.length : active) - 1);
    else if ((key === "Tab" || (key === "Enter" && active >= 0)) && chosen) take(chosen);
    else return false;
    return true;
  };
  return (
    <div className="filter-box">
      <SearchField
        field={field}
        label={label}
        value={draft}
        onChange={(text) => {
          setDraft(text);
          setOpen(true);
        }}
        onApply={(text) => {
          setOpen(false);
          setActive(-1);
          setWaiting(document.activeElement === field.current);
          if (text !== applied) props.onApply(text);
        }}
        onKey={pressed}
        isCode
        isInvalid={problem !== undefined}
        describedBy="filter-problem"
        input={{
          onScroll: (event) => setScrolled(event.currentTarget.scrollLeft),
          onFocus: (event) => {
            look(event.currentTarget);
            setWaiting(true);
          },
          ...(props.onBefore && comboBox(isSuggesting, active, look)),
        }}
        overlay={
          mark && (
            <span className="filter-mirror code" aria-hidden="true" style={{ left: -scrolled }}>
              {draft.slice(0, mark.start)}
              <span ref={marked} className={isMarked && !isSuggesting ? "wrong" : undefined}>
                {draft.slice(mark.start, mark.end).padEnd(mark.end - mark.start)}
              </span>
            </span>
          )
        }
      />
      {isSuggesting && (
        <SuggestionList
          id={LIST}
          suggestions={suggestions}
          active={active}
          left={left}
          note={isMissing ? problem : undefined}
          onTake={take}
        />
      )}
      {problem && !isSuggesting && (
        <p id="filter-problem" className="filter-problem" role="alert">
          {isMarked && <span className="problem-pointer" style={{ marginLeft: left }} />}
          {problem}
        </p>
      )}
    </div>
  );
}

/** What makes the field one with a list of suggestions. */
function comboBox(isOpen: boolean, active: number, look: (input: HTMLInputElement) => void) {
  return {
    role: "combobox",
    "aria-expanded": isOpen,
    "aria-controls": LIST,
    "aria-autocomplete": "list" as const,
    "aria-activedescendant": isOpen && active >= 0 ? `${LIST}-${active}` : undefined,
    onSelect: (event: UIEvent<HTMLInputElement>) => look(event.currentTarget),
  };
}

/** How far from the left of the box an element stands, measured again when the key changes. */
function useLeft(key: string) {
  const element = useRef<HTMLSpanElement>(null);
  const [left, setLeft] = useState(0);
  useLayoutEffect(() => {
    const box = element.current?.closest(".filter-box")?.getBoundingClientRect();
    const own = element.current?.getBoundingClientRect();
    if (box && own) setLeft(Math.max(0, Math.min(own.left - box.left, box.width - 200)));
  }, [key]);
  return [element, left] as const;
}
