/** The table of runs. */
import { useMemo } from "react";
import { goTo, places } from "../../data/address";
import { moved } from "../../data/arrangement";
import { cellOf, type RunColumn, type RunRow } from "../../data/columns";
import { extentOf } from "../../data/scales";
import { Grid } from "../../widgets/grid";
import { useIsNarrow } from "../../widgets/width";
import { gridColumns } from "./runs_columns";
import type { ChangeRuns, RunsState } from "./runs_state";

const NAME_SIZE = 230;
const NARROW_NAME_SIZE = 170;

interface RunsTableProps {
  experiment_id: string;
  rows: readonly RunRow[];
  chosen: readonly RunColumn[];
  runColour: ReadonlyMap<string, string>;
  state: RunsState;
  change: ChangeRuns;
  isDimmed: boolean;
  onEnd: () => void;
}

export function RunsTable(props: RunsTableProps) {
  const { experiment_id, rows, chosen, runColour, state, change } = props;
  const nameSize = useIsNarrow() ? NARROW_NAME_SIZE : NAME_SIZE;

  const { arrangement, scales } = state;
  // Written as text, since the state is read anew from each address.
  const look = JSON.stringify([arrangement, scales, state.sorting]);
  const columns = useMemo(
    () =>
      gridColumns({
        chosen,
        runColour,
        nameSize,
        state,
        change,
        extentOf: ({ group, key }) =>
          extentOf(rows.map((row) => Number(cellOf(row, group, key) ?? Number.NaN))),
      }),
    [chosen, runColour, nameSize, rows, look],
  );
  return (
    <Grid
      label="Runs"
      rows={rows}
      rowId={(row) => row.run.info.run_id}
      columns={columns}
      sorting={state.sorting}
      onSort={(sorting) => change({ sorting })}
      isMultiSort
      onMove={(id, before) =>
        change({
          arrangement: moved(
            chosen.map((each) => each.id),
            arrangement,
            id,
            before,
          ),
        })
      }
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
