/** The columns of the runs table as the grid draws them. */
import type { ReactNode } from "react";
import type { Column } from "../../api/types.gen";
import type { Census } from "../../data/column_facts";
import {
  type CellValue,
  GROUP_LABELS,
  labelOf,
  NAME_COLUMN,
  type RunColumn,
} from "../../data/columns";
import { looksNumeric } from "../../data/numbers";
import { numbersOf } from "../../data/run_groups";
import { scaleColour } from "../../data/scales";
import { basicsOf, endReasonOf, type Line, type RunLine, valueIn } from "../../data/table_lines";
import { ShortId } from "../../widgets/copy";
import type { GridColumn } from "../../widgets/grid_column";
import { Duration, Numeral, RunState, Time } from "../../widgets/values";
import { columnMenu } from "./column_menu";
import { GroupCell, GroupName } from "./group_cells";
import { NameCell, RenameField } from "./name_cell";
import type { ChangeRuns, RunsState } from "./runs_state";

const SIZES: Record<string, number> = {
  start_time: 96,
  duration: 96,
  git_commit: 84,
  run_id: 92,
};
const USUAL_SIZE = 112;
/** A mean with its deviation. */
const GROUP_SIZE = 128;
const GROUP_DURATION_SIZE = 156;

interface GridColumnsProps {
  /** The columns on show, in their order. */
  arranged: readonly RunColumn[];
  /** Their ids in their usual order. */
  usual: readonly string[];
  census: Census;
  runColour: ReadonlyMap<string, string>;
  groupColour: ReadonlyMap<string, string>;
  nameSize: number;
  state: RunsState;
  change: ChangeRuns;
  /** By what the runs are grouped, if they are. */
  groupBy: readonly Column[];
  /** The run whose name is being changed. */
  renamed: string | undefined;
  onRename: (line: RunLine, name: string | undefined) => void;
  onExpand: (line: Line, isExpanded: boolean) => void;
}

/** The name first, then the columns on show. */
export function gridColumns(props: GridColumnsProps): GridColumn<Line>[] {
  return [nameColumn(props), ...props.arranged.map((column) => gridColumn(column, props))];
}

function nameColumn(props: GridColumnsProps): GridColumn<Line> {
  return {
    id: NAME_COLUMN,
    label: "Run",
    size: props.nameSize,
    isSortable: true,
    cell: (line) => {
      const { onExpand, groupBy, groupColour } = props;
      if (line.kind === "group") {
        return <GroupName line={line} {...{ by: groupBy, groupColour, onExpand }} />;
      }
      if (line.id === props.renamed) {
        return <RenameField line={line} onDone={(name) => props.onRename(line, name)} />;
      }
      const colour = props.runColour.get(line.id);
      return <NameCell line={line} colour={colour} onExpand={onExpand} />;
    },
  };
}

function gridColumn(
  column: RunColumn,
  { usual, census, state, change }: GridColumnsProps,
): GridColumn<Line> {
  const { id, group, key, isNumeric = false } = column;
  const scale = state.scales[id];
  const extent = census.facts.get(id)?.extent;
  return {
    id,
    label: labelOf(column),
    group: GROUP_LABELS[group],
    size: isMeasured(column, state) ? groupSizeOf(column) : sizeOf(column),
    isNumeric,
    isSortable: true,
    isPinned: state.arrangement.pinned.includes(id),
    cell: (line) => {
      if (line.kind === "group") return <GroupCell line={line} id={id} />;
      if (group === "attributes") return attributeCell(line, id, key);
      return plainCell(valueIn(line, id));
    },
    ...(scale && extent && { ground: (line) => scaleColour(numberIn(line, id), extent, scale) }),
    menu: () => columnMenu({ column, usual, canScale: extent !== undefined, state, change }),
  };
}

/** The number of a run, or the mean of a group; NaN if there is none. */
function numberIn(line: Line, id: string): number {
  const value =
    line.kind === "group" ? numbersOf(line.groups, line.at, id)?.mean : valueIn(line, id);
  return value == null ? Number.NaN : Number(value);
}

/** Whether groups show a mean in a column. */
function isMeasured({ id, key, isNumeric }: RunColumn, { layout, groupBy }: RunsState): boolean {
  const isDate = key === "start_time" || key === "end_time";
  return layout === "groups" && isNumeric === true && !isDate && !groupBy.includes(id);
}

/** Wide enough for the heading, within reason. */
function sizeOf({ group, key }: RunColumn): number {
  if (group === "attributes") return SIZES[key] ?? USUAL_SIZE;
  return Math.min(180, Math.max(84, key.length * 7 + 28));
}

function groupSizeOf(column: RunColumn): number {
  const least = column.id === "attributes.duration" ? GROUP_DURATION_SIZE : GROUP_SIZE;
  return Math.max(sizeOf(column), least);
}

/** A value; null is one that is on its way. */
export function plainCell(value: CellValue | null): ReactNode {
  if (value === null) return null;
  if (value === undefined) return <span className="absent">–</span>;
  if (typeof value === "number") return <Numeral value={value} />;
  if (looksNumeric(value)) return <span title={value}>{value}</span>;
  return <span title={value.slice(0, 1_000)}>{value.slice(0, 200)}</span>;
}

function attributeCell(line: RunLine, id: string, key: string): ReactNode {
  const info = basicsOf(line);
  switch (key) {
    case "start_time":
      return <Time at={info.start_time} />;
    case "end_time":
      return <Time at={info.end_time} />;
    case "duration":
      return <Duration run={{ info }} />;
    case "status":
      return <RunState run={{ info }} withWord reason={endReasonOf(line)} />;
    case "run_id":
      return <ShortId id={info.run_id} />;
    default:
      return longCell(key, valueIn(line, id));
  }
}

/** Commits and paths, of which a part tells them apart. */
function longCell(key: string, value: CellValue | null): ReactNode {
  if (typeof value !== "string") return plainCell(value);
  if (key === "git_commit") return <ShortId id={value} length={7} />;
  if (key === "source") return <span title={value}>{value.split(/[\\/]/).at(-1)}</span>;
  return plainCell(value);
}
