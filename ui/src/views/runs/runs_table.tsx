/** The table of runs. */
import { useMemo } from "react";
import { goTo, places } from "../../data/address";
import type { RunColumn, RunRow } from "../../data/columns";
import { Grid } from "../../widgets/grid";
import { useIsNarrow } from "../../widgets/width";
import { gridColumns } from "./runs_columns";
import type { RunsState } from "./runs_state";

const NAME_SIZE = 230;
const NARROW_NAME_SIZE = 170;

interface RunsTableProps {
  experiment_id: string;
  rows: readonly RunRow[];
  chosen: readonly RunColumn[];
  runColour: ReadonlyMap<string, string>;
  state: RunsState;
  change: (changes: Partial<RunsState>) => void;
  isDimmed: boolean;
  onEnd: () => void;
}

export function RunsTable(props: RunsTableProps) {
  const { experiment_id, chosen, runColour, state, change } = props;
  const nameSize = useIsNarrow() ? NARROW_NAME_SIZE : NAME_SIZE;
  const columns = useMemo(
    () => gridColumns(chosen, runColour, nameSize),
    [chosen, runColour, nameSize],
  );
  return (
    <Grid
      label="Runs"
      rows={props.rows}
      rowId={(row) => row.run.info.run_id}
      columns={columns}
      sorting={state.sorting}
      onSort={(sorting) => change({ sorting })}
      widths={state.widths}
      onWidths={(widths) => change({ widths })}
      selected={state.selected}
      onSelect={(selected) => change({ selected })}
      onOpen={({ run }) => goTo(places.run(experiment_id, run.info.run_id))}
      onEnd={props.onEnd}
      isDimmed={props.isDimmed}
    />
  );
}
