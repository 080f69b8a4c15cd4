/** What stands above a comparison of runs: which view, which rows, which number of a metric. */
import { useRef } from "react";
import type { MetricValue } from "../../data/run_comparison";
import { Button, Choice } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";
import { useKeys } from "../../widgets/keys";
import { type ChangeComparison, type ComparisonState, VIEWS } from "./comparison_state";

const ROWS = [
  { value: "differences" as const, label: "Differences" },
  { value: "all" as const, label: "All" },
];
const VALUES: { value: MetricValue; label: string; hint: string }[] = [
  { value: "last", label: "Last", hint: "The last value of each metric" },
  { value: "min", label: "Lowest", hint: "The lowest value of each metric" },
  { value: "max", label: "Highest", hint: "The highest value of each metric" },
];

interface ComparisonToolbarProps {
  state: ComparisonState;
  change: ChangeComparison;
}

export function ComparisonToolbar({ state, change }: ComparisonToolbarProps) {
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => field.current?.focus() });
  const hasRows = state.view === "table" || state.view === "code";
  return (
    <div className="toolbar">
      <Choice
        label="View"
        value={state.view}
        options={[...VIEWS]}
        onChange={(view) => change({ view })}
      />
      {hasRows && (
        <>
          <Choice
            label="Rows"
            value={state.onlyDifferences ? "differences" : "all"}
            options={ROWS}
            onChange={(to) => change({ onlyDifferences: to === "differences" })}
          />
          {state.view === "table" && (
            <Choice
              label="Values of metrics"
              value={state.value}
              options={VALUES}
              onChange={(value) => change({ value })}
            />
          )}
          <Button
            icon="turn"
            aria-pressed={state.isTurned}
            title="Runs as lines, facts as columns"
            onClick={() => change({ isTurned: !state.isTurned })}
          >
            Transpose
          </Button>
          <div className="find-facts">
            <SearchField
              field={field}
              label="Find facts"
              value={state.find}
              onChange={(find) => change({ find })}
            />
          </div>
        </>
      )}
      <span className="push" />
      <span className="count">
        {state.run_ids.length} {state.run_ids.length === 1 ? "run" : "runs"}
      </span>
    </div>
  );
}
