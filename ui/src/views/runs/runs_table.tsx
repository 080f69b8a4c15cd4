/** The table of runs. */
import { useMemo } from "react";
import { goTo, places } from "../../data/address";
import { moved } from "../../data/arrangement";
import type { Census } from "../../data/column_facts";
import type { RunColumn } from "../../data/columns";
import type { RunLine } from "../../data/table_lines";
import type { TableLines } from "../../data/use_table_lines";
import { Grid } from "../../widgets/grid";
import { useStable } from "../../widgets/stable";
import { useIsNarrow } from "../../widgets/width";
import { gridColumns } from "./runs_columns";
import type { ChangeRuns, RunsState } from "./runs_state";

const NAME_SIZE = 230;
const NARROW_NAME_SIZE = 170;

interface RunsTableProps {
  experiment_id: string;
  lines: TableLines;
  arranged: readonly RunColumn[];
  usual: readonly string[];
  census: Census;
  runColour: ReadonlyMap<string, string>;
  state: RunsState;
  change: ChangeRuns;
  /** What the rows are of; they start from the top when it changes. */
  rowsKey: string;
  isDimmed: boolean;
  onSight: (first: number, last: number) => void;
  onColumnSight: (first: number, last: number) => void;
}

export function RunsTable(props: RunsTableProps) {
  const { lines, arranged, usual, census, runColour, state, change } = props;
  const nameSize = useIsNarrow() ? NARROW_NAME_SIZE : NAME_SIZE;
  const expand = useStable(({ id }: RunLine, isExpanded: boolean) => {
    const expanded = new Set(state.expanded);
    if (isExpanded) expanded.add(id);
    else expanded.delete(id);
    change({ expanded });
  });
  // As text, since the state is read anew from each address.
  const look = JSON.stringify([state.arrangement, state.scales, state.sorting]);
  const columns = useMemo(
    () =>
      gridColumns({
        arranged,
        usual,
        census,
        runColour,
        nameSize,
        state,
        change,
        onExpand: expand,
      }),
    [arranged, usual, census, runColour, nameSize, look, expand],
  );
  return (
    <Grid
      label="Runs"
      rows={lines}
      rowId={(line) => line.id}
      columns={columns}
      sorting={state.sorting}
      onSort={(sorting) => change({ sorting })}
      isMultiSort
      onMove={(id, before) => change({ arrangement: moved(usual, state.arrangement, id, before) })}
      widths={state.widths}
      onWidths={(widths) => change({ widths })}
      selected={state.selected}
      onSelect={(selected) => change({ selected })}
      onOpen={({ id }) => goTo(places.run(props.experiment_id, id))}
      {...(state.layout === "tree" && {
        place: ({ level, isExpanded }: RunLine) => ({ level, isExpanded }),
        onExpand: expand,
      })}
      onSight={props.onSight}
      onColumnSight={props.onColumnSight}
      scrollKey={props.rowsKey}
      isDimmed={props.isDimmed}
    />
  );
}
