/** The columns of the runs table as the grid draws them. */
import type { ReactNode } from "react";
import { places } from "../../data/address";
import { arrange } from "../../data/arrangement";
import {
  type CellValue,
  cellOf,
  labelOf,
  NAME_COLUMN,
  orderOf,
  type RunColumn,
  type RunRow,
} from "../../data/columns";
import { type Extent, type Scale, scaleColour } from "../../data/scales";
import { ShortId } from "../../widgets/copy";
import type { GridColumn } from "../../widgets/grid_column";
import { Duration, Numeral, RunState, Time } from "../../widgets/values";
import { columnMenu } from "./column_menu";
import type { ChangeRuns, RunsState } from "./runs_state";

const SIZES: Record<string, number> = {
  start_time: 96,
  duration: 96,
  git_commit: 84,
  run_id: 92,
  models: 70,
};
const NUMERIC_ATTRIBUTES = new Set(["start_time", "end_time", "duration", "models"]);
const USUAL_SIZE = 112;

interface GridColumnsProps {
  chosen: readonly RunColumn[];
  runColour: ReadonlyMap<string, string>;
  nameSize: number;
  state: RunsState;
  change: ChangeRuns;
  /** The range of a column's numbers, for its colours. */
  extentOf: (column: RunColumn) => Extent | undefined;
}

/** The name first, then the chosen columns as arranged. */
export function gridColumns(props: GridColumnsProps): GridColumn<RunRow>[] {
  const { chosen, state } = props;
  const known = new Map(chosen.map((column) => [column.id, column]));
  const usual = [...known.keys()];
  const arranged = arrange(usual, state.arrangement).flatMap((id) => known.get(id) ?? []);
  return [
    nameColumn(props.runColour, props.nameSize),
    ...arranged.map((column) => gridColumn(column, usual, props)),
  ];
}

function nameColumn(runColour: ReadonlyMap<string, string>, size: number): GridColumn<RunRow> {
  return {
    id: NAME_COLUMN,
    label: "Run",
    size,
    isSortable: true,
    cell: ({ run }) => {
      const { experiment_id, run_id, run_name } = run.info;
      const name = run_name || run_id;
      return (
        <span className="run-name">
          <i className="swatch" style={{ background: runColour.get(run_id) ?? "transparent" }} />
          <RunState run={run} />
          <a className="cell-link" href={places.run(experiment_id, run_id)} title={name}>
            {name}
          </a>
        </span>
      );
    },
  };
}

function gridColumn(
  column: RunColumn,
  usual: readonly string[],
  { state, change, extentOf }: GridColumnsProps,
): GridColumn<RunRow> {
  const { id, group, key } = column;
  const isNumeric = Boolean(
    group === "attributes" ? NUMERIC_ATTRIBUTES.has(key) : column.isNumeric,
  );
  const isSortable = orderOf(id) !== undefined;
  const scale = state.scales[id];
  const extent = scale && extentOf(column);
  return {
    id,
    label: labelOf(column),
    group: group.replace(/^./, (first) => first.toUpperCase()),
    size: group === "attributes" ? (SIZES[key] ?? USUAL_SIZE) : sizeFor(key),
    isNumeric,
    isSortable,
    isPinned: state.arrangement.pinned.includes(id),
    cell:
      group === "attributes"
        ? (row) => attributeCell(row, key)
        : (row) => plainCell(cellOf(row, group, key)),
    ...(extent && { ground: (row) => groundOf(cellOf(row, group, key), extent, scale) }),
    menu: () => columnMenu({ column, usual, isNumeric, isSortable, state, change }),
  };
}

function groundOf(value: CellValue, extent: Extent, scale: Scale): string | undefined {
  return value === undefined ? undefined : scaleColour(Number(value), extent, scale);
}

/** Wide enough for the heading, within reason. */
function sizeFor(key: string): number {
  return Math.min(180, Math.max(84, key.length * 7 + 28));
}

function plainCell(value: CellValue): ReactNode {
  if (value === undefined) return <span className="absent">–</span>;
  if (typeof value === "number") return <Numeral value={value} />;
  return <span title={value.slice(0, 1_000)}>{value.slice(0, 200)}</span>;
}

function attributeCell(row: RunRow, key: string): ReactNode {
  const { run } = row;
  switch (key) {
    case "start_time":
      return <Time at={run.info.start_time} />;
    case "end_time":
      return <Time at={run.info.end_time} />;
    case "duration":
      return <Duration run={run} />;
    case "status":
      return <RunState run={run} withWord />;
    case "run_id":
      return <ShortId id={run.info.run_id} />;
    case "git_commit": {
      const commit = cellOf(row, "attributes", key);
      return typeof commit === "string" ? <ShortId id={commit} length={7} /> : plainCell(commit);
    }
    case "source": {
      const source = cellOf(row, "attributes", key);
      if (typeof source !== "string") return plainCell(source);
      return <span title={source}>{source.split(/[\\/]/).at(-1)}</span>;
    }
    default:
      return plainCell(cellOf(row, "attributes", key));
  }
}
