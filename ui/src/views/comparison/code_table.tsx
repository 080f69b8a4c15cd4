/** Where the code of the runs compared is from, and the packages of their models. */
import { useMemo } from "react";
import type { CompareRow } from "../../data/comparison";
import { usePackages } from "../../data/packages";
import { COMMIT_FACT, compareCode } from "../../data/run_comparison";
import { ComparisonTable, PlainValue } from "../../widgets/comparison_table";
import { ShortId } from "../../widgets/copy";
import { Failure, Loading } from "../../widgets/panels";
import { type ComparedRuns, runHeads } from "./compared_run";
import { NoDifferences } from "./no_differences";

const NO_PACKAGES: ReadonlyMap<string, string> = new Map();

export function CodeTable(props: ComparedRuns) {
  const { runs, state } = props;
  const { onlyDifferences, find } = state;
  const found = usePackages(runs);
  const failed = found.find((each) => each.isError);
  const isPending = found.some((each) => each.isPending);
  const packages = found.map((each) => each.data ?? NO_PACKAGES);
  const rows = useMemo(
    () => compareCode(runs, packages, { onlyDifferences, find }),
    [runs, packages, onlyDifferences, find],
  );
  if (failed) {
    return (
      <Failure
        what="The packages of a run could not be read"
        error={failed.error}
        retry={() => void failed.refetch()}
      />
    );
  }
  if (isPending) return <Loading />;
  if (!rows.some((row) => row.kind === "row")) return <NoDifferences {...props} />;
  const cell = (row: CompareRow, at: number) => {
    const value = row.values[at];
    return row.key === COMMIT_FACT && value !== undefined ? (
      <ShortId id={String(value)} length={7} />
    ) : (
      <PlainValue value={value} />
    );
  };
  return (
    <ComparisonTable items={runHeads(props)} rows={rows} cell={cell} isTurned={state.isTurned} />
  );
}
