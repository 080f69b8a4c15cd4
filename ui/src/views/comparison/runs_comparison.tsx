/** The table of a comparison of runs. */
import { type ReactNode, useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { places } from "../../data/address";
import { bestOf, type CompareRow } from "../../data/comparison";
import { toNumber } from "../../data/numbers";
import {
  compareRuns,
  DURATION_FACT,
  METRICS,
  PARENT_FACT,
  RUN_FACTS,
  STARTED_FACT,
  STATUS_FACT,
  useExtremeMetrics,
} from "../../data/run_comparison";
import { IconButton } from "../../widgets/button";
import { ComparisonTable, Distance, PlainValue } from "../../widgets/comparison_table";
import { Menu } from "../../widgets/menu";
import { Failure, Loading } from "../../widgets/panels";
import { Duration, RunState, Time } from "../../widgets/values";
import { type ComparedRuns, runHeads } from "./compared_run";
import { directionOf } from "./comparison_state";
import { NoDifferences } from "./no_differences";

const DIRECTIONS = [
  { word: "higher" as const, label: "Higher is better" },
  { word: "lower" as const, label: "Lower is better" },
  { word: "neither" as const, label: "Neither" },
];

export function RunsComparison(props: ComparedRuns) {
  const { runs, state, change } = props;
  const extremes = useExtremeMetrics(runs, state.value);
  const { onlyDifferences, find } = state;
  const rows = useMemo(
    () => compareRuns(runs, extremes.data, { onlyDifferences, find }),
    [runs, extremes.data, onlyDifferences, find],
  );
  const best = useBest(rows, state);
  if (extremes.isLoading) return <Loading />;
  if (extremes.isError) {
    return (
      <Failure
        what="The extremes of the metrics could not be loaded"
        error={extremes.error}
        retry={() => void extremes.refetch()}
      />
    );
  }
  if (!rows.some((row) => row.kind === "row")) return <NoDifferences {...props} />;
  const cell = (row: CompareRow, at: number): ReactNode => {
    const run = runs[at];
    const value = row.values[at];
    if (row.section === RUN_FACTS && run) return factOf(row.key, run, value);
    if (row.section !== METRICS) return <PlainValue value={value} />;
    return (
      <>
        <PlainValue value={value} />
        {best.get(row.key)?.has(at) && <span className="best">best</span>}
        {at > 0 && <Distance value={value} first={row.values[0]} better={undefined} />}
      </>
    );
  };
  const aside = (row: CompareRow) =>
    row.section === METRICS && (
      <Menu
        button={<IconButton icon="more" label={`What is better for ${row.key}`} />}
        entries={DIRECTIONS.map(({ word, label }) => ({
          label,
          isChecked: (directionOf(state, row.key) ?? "neither") === word,
          onSelect: () => change({ directions: new Map(state.directions).set(row.key, word) }),
        }))}
      />
    );
  return (
    <ComparisonTable
      items={runHeads(props)}
      rows={rows}
      cell={cell}
      aside={aside}
      isTurned={state.isTurned}
    />
  );
}

/** The places of the best runs of each metric whose direction is known. */
function useBest(rows: ReturnType<typeof compareRuns>, state: ComparedRuns["state"]) {
  const found = rows.flatMap((row) => {
    if (row.kind !== "row" || row.section !== METRICS) return [];
    const better = directionOf(state, row.key);
    return better ? [[row.key, bestOf(row.values, better)] as const] : [];
  });
  return new Map(found);
}

function factOf(key: string, run: Run, value: CompareRow["values"][number]): ReactNode {
  switch (key) {
    case STATUS_FACT:
      return <RunState run={run} withWord />;
    case STARTED_FACT:
      return <Time at={value === undefined ? undefined : toNumber(Number(value))} />;
    case DURATION_FACT:
      return <Duration run={run} />;
    case PARENT_FACT:
      return value === undefined ? (
        <PlainValue value={value} />
      ) : (
        <a className="code" href={places.run(run.info.experiment_id, String(value))}>
          {String(value).slice(0, 8)}
        </a>
      );
    default:
      return <PlainValue value={value} />;
  }
}
