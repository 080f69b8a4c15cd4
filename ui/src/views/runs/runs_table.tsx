/** The table of runs. */
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { goTo, places } from "../../data/address";
import { idsBetween } from "../../data/all_runs";
import { moved } from "../../data/arrangement";
import type { Census } from "../../data/column_facts";
import type { RunColumn } from "../../data/columns";
import { matchNow } from "../../data/matching_runs";
import { basicsOf, type Line, type RunLine } from "../../data/table_lines";
import type { LinesQuery, TableLines } from "../../data/use_table_lines";
import { Grid } from "../../widgets/grid";
import { attempt } from "../../widgets/notices";
import { useStable } from "../../widgets/stable";
import { useIsNarrow } from "../../widgets/width";
import { useLineMenu } from "./line_menu";
import { useRunActions } from "./run_actions";
import { gridColumns } from "./runs_columns";
import type { ChangeRuns, RunsState } from "./runs_state";

const NAME_SIZE = 230;
const NARROW_NAME_SIZE = 170;

interface RunsTableProps {
  experiment_id: string;
  query: LinesQuery;
  lines: TableLines;
  arranged: readonly RunColumn[];
  usual: readonly string[];
  census: Census;
  runColour: ReadonlyMap<string, string>;
  groupColour: ReadonlyMap<string, string>;
  state: RunsState;
  change: ChangeRuns;
  /** What the rows are of; they start from the top when it changes. */
  rowsKey: string;
  isDimmed: boolean;
  onSight: (first: number, last: number) => void;
  onColumnSight: (first: number, last: number) => void;
}

export function RunsTable(props: RunsTableProps) {
  const { lines, arranged, usual, census, runColour, groupColour, state, change, query } = props;
  const nameSize = useIsNarrow() ? NARROW_NAME_SIZE : NAME_SIZE;
  const [renamed, setRenamed] = useState<string>();
  const actions = useRunActions();
  const expand = useStable(({ id }: Line, isExpanded: boolean) => {
    const expanded = new Set(state.expanded);
    if (isExpanded) expanded.add(id);
    else expanded.delete(id);
    change({ expanded });
  });
  const rename = useStable((line: RunLine, name: string | undefined) => {
    setRenamed(undefined);
    if (name) void actions.rename(line.id, basicsOf(line).run_name, name);
  });
  // As text, since the state is read anew from each address.
  const look = JSON.stringify([
    state.arrangement,
    state.scales,
    state.sorting,
    state.groupBy,
    state.layout,
  ]);
  const columns = useMemo(
    () =>
      gridColumns({
        arranged,
        usual,
        census,
        runColour,
        groupColour,
        nameSize,
        state,
        change,
        groupBy: query.grouping.by,
        renamed,
        onRename: rename,
        onExpand: expand,
      }),
    [arranged, usual, census, runColour, groupColour, nameSize, look, renamed, rename, expand],
  );
  const menu = useLineMenu({ ...props, onRename: setRenamed });
  const select = useSelectMany(props);
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
      canSelect={({ kind }) => kind === "run"}
      {...select}
      onOpen={(line) => {
        if (line.kind === "run") goTo(places.run(props.experiment_id, line.id));
        else expand(line, !line.isExpanded);
      }}
      {...(query.layout !== "flat" && {
        place: ({ level, isExpanded }: Line) => ({ level, isExpanded }),
        onExpand: expand,
      })}
      menu={menu}
      onSight={props.onSight}
      onColumnSight={props.onColumnSight}
      scrollKey={props.rowsKey}
      isDimmed={props.isDimmed}
    />
  );
}

/** Selecting what is not here: a range of rows, or all that match. */
function useSelectMany({ query, lines, state, change }: RunsTableProps) {
  const { runs, layout } = query;
  const client = useQueryClient();
  const select = async (first: number, end: number, isOn: boolean) => {
    await attempt("The runs were not selected", async () => {
      const selected = new Set(state.selected);
      for (const id of await idsBetween(runs, first, end)) {
        if (isOn) selected.add(id);
        else selected.delete(id);
      }
      change({ selected });
    });
  };
  const selectAll = async () => {
    await attempt("The runs were not selected", async () => {
      const { run_ids, matching } = await matchNow(client, runs);
      change({ selected: new Set([...state.selected, ...run_ids]) }, matching);
    });
  };
  return {
    // In a tree or in groups the lines are no places among the matches.
    ...(layout === "flat" && {
      onSelectRange: (from: number, to: number, isOn: boolean) => void select(from, to + 1, isOn),
    }),
    onSelectAll: () => void selectAll(),
    selectAllLabel: "Select all runs that match",
    selectable: lines.runs ?? lines.length,
  };
}
