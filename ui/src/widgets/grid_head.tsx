/** The head of a grid: groups, and a heading for each column in sight. */
import type { VirtualItem } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { GridColumn, Sorting } from "./grid_column";
import { HeadCell, type Header } from "./grid_head_cell";

interface GridHeadProps<Row> {
  columns: readonly GridColumn<Row>[];
  headers: readonly Header[];
  /** How many columns stay in sight, from the first. */
  pinnedCount: number;
  /** The width of those columns and the boxes before them. */
  pinned: number;
  inSight: readonly VirtualItem[];
  lead: number;
  start: number;
  hasGroups: boolean;
  sorting: readonly Sorting[];
  onSort?: ((sorting: readonly Sorting[]) => void) | undefined;
  isMultiSort: boolean;
  onMove?: ((id: string, before: string | undefined) => void) | undefined;
  isAllSelected: boolean;
  isSomeSelected: boolean;
  selectAllLabel: string;
  onSelectAll: (isAll: boolean) => void;
}

export function GridHead<Row>(props: GridHeadProps<Row>) {
  const { columns, headers, lead, start, pinnedCount } = props;
  const headCell = (at: number) => {
    const column = columns[at];
    const header = headers[at];
    if (!column || !header) return null;
    return (
      <HeadCell
        key={column.id}
        column={column}
        header={header}
        next={columns[at + 1]?.id}
        sorting={props.sorting}
        onSort={props.onSort}
        isMultiSort={props.isMultiSort}
        onMove={at === 0 ? undefined : props.onMove}
      />
    );
  };
  return (
    <div className="grid-head" role="rowgroup">
      {props.hasGroups && <Groups {...props} />}
      <div className="grid-head-row" role="row" aria-rowindex={1}>
        <div className="grid-pinned" role="presentation">
          {lead > 0 && <SelectAll {...props} />}
          {columns.slice(0, pinnedCount).map((_, at) => headCell(at))}
        </div>
        <div style={{ width: start, flex: "none" }} role="presentation" />
        {props.inSight.map((item) => headCell(item.index + pinnedCount))}
      </div>
    </div>
  );
}

function Groups<Row>({ columns, headers, pinned, pinnedCount }: GridHeadProps<Row>) {
  const groups: { id: string; name: string; width: number }[] = [];
  columns.forEach((column, at) => {
    if (at < pinnedCount) return;
    const width = headers[at]?.getSize() ?? 0;
    const last = groups.at(-1);
    if (last && last.name === (column.group ?? "")) last.width += width;
    else groups.push({ id: column.id, name: column.group ?? "", width });
  });
  return (
    <div className="grid-groups" role="presentation">
      <div className="grid-pinned" style={{ width: pinned }} role="presentation" />
      {groups.map((group) => (
        <div key={group.id} className="grid-group" style={{ width: group.width }}>
          <span style={{ left: pinned + 8 }}>{group.name}</span>
        </div>
      ))}
    </div>
  );
}

function SelectAll<Row>(props: GridHeadProps<Row>) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = props.isSomeSelected && !props.isAllSelected;
  });
  return (
    <div className="grid-check" role="gridcell" style={{ width: props.lead }}>
      <label title={props.selectAllLabel}>
        <input
          ref={box}
          type="checkbox"
          aria-label={props.selectAllLabel}
          checked={props.isAllSelected}
          onChange={(event) => props.onSelectAll(event.target.checked)}
        />
      </label>
    </div>
  );
}
