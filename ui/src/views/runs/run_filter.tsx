/** The filter of the runs: the search language with its names and values at hand. */
import { type RefObject, useMemo, useState } from "react";
import type { ApiError } from "../../api/client";
import { type Census, useColumnValues } from "../../data/column_facts";
import { wireColumn } from "../../data/columns";
import { beforeMissing, columnNamed, isAtEnd, placeIn, suggestionsAt } from "../../data/completion";
import { FilterBox } from "../../widgets/filter_box";

interface RunFilterProps {
  experiment_id: string;
  field: RefObject<HTMLInputElement | null>;
  /** As it stands in the address. */
  applied: string;
  /** As the server was asked. */
  asked: string;
  problem: ApiError | undefined;
  census: Census;
  onApply: (text: string) => void;
}

export function RunFilter(props: RunFilterProps) {
  const { experiment_id, census, problem, applied } = props;
  const [before, setBefore] = useState<string>();
  const begin = props.asked.indexOf(applied.trim());
  const shift = applied.length - applied.trimStart().length - Math.max(begin, 0);
  const position = begin < 0 ? undefined : problem && positionIn(props.asked, problem, shift);
  // What is missing at the end of what was applied goes behind it, as its next word.
  const isMissing = isAtEnd(applied, position) && before?.trimEnd() === applied.trimEnd();
  const beginning = isMissing ? beforeMissing(applied) : before;
  const place = useMemo(
    () => (beginning === undefined ? undefined : placeIn(beginning)),
    [beginning],
  );
  const column = place?.expected === "value" ? columnNamed(place.name) : undefined;
  const prefix = place?.typed.replace(/^['"]/, "") ?? "";
  const values = useColumnValues(experiment_id, column && wireColumn(column), prefix);
  const suggestions = useMemo(
    () => (place ? suggestionsAt(place, census, values) : []),
    [place, census, values],
  );
  return (
    <FilterBox
      field={props.field}
      applied={applied}
      problem={problem?.advice}
      position={position}
      place={place}
      suggestions={suggestions}
      onBefore={setBefore}
      onApply={props.onApply}
    />
  );
}

/** Servers count characters, pages count half of those beyond the first 65,536 twice. */
function positionIn(asked: string, { position }: ApiError, shift: number): number | undefined {
  if (position === undefined) return undefined;
  return Math.max(0, [...asked].slice(0, position).join("").length + shift);
}
