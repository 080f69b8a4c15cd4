/** The head of a grid: groups, names, sorting and widths. */
import type { VirtualItem } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { GridColumn, Sorting } from "./grid_column";

/** What the head needs to know of TanStack's headers. */
interface Header {
  id: string;
  getSize: () => number;
  getResizeHandler: () => (event: unknown) => void;
  column: { getIsResizing: () => boolean; resetSize: () => void };
}

interface GridHeadProps<Row> {
  columns: readonly GridColumn<Row>[];
  headers: readonly Header[];
  inSight: readonly VirtualItem[];
  lead: number;
  start: number;
  hasGroups: boolean;
  sorting?: Sorting | undefined;
  onSort?: ((sorting: Sorting | undefined) => void) | undefined;
  isAllSelected: boolean;
  isSomeSelected: boolean;
  onSelectAll: (isAll: boolean) => void;
}

export function GridHead<Row>(props: GridHeadProps<Row>) {
  const { columns, headers, lead, start } = props;
  const first = columns[0];
  const firstHeader = headers[0];
  return (
    <div className="grid-head" role="rowgroup">
      {props.hasGroups && <Groups {...props} />}
      <div className="grid-head-row" role="row" aria-rowindex={1}>
        <div className="grid-pinned" role="presentation">
          {lead > 0 && <SelectAll {...props} />}
          {first && firstHeader && (
            <HeadCell column={first} header={firstHeader} {...sort(props)} />
          )}
        </div>
        <div style={{ width: start, flex: "none" }} role="presentation" />
        {props.inSight.map((item) => {
          const column = columns[item.index + 1];
          const header = headers[item.index + 1];
          if (!column || !header) return null;
          return <HeadCell key={column.id} column={column} header={header} {...sort(props)} />;
        })}
      </div>
    </div>
  );
}

function sort<Row>({ sorting, onSort }: GridHeadProps<Row>) {
  return { sorting, onSort };
}

function Groups<Row>({ columns, headers, lead }: GridHeadProps<Row>) {
  const groups: { name: string; width: number }[] = [];
  columns.forEach((column, at) => {
    if (at === 0) return;
    const width = headers[at]?.getSize() ?? 0;
    const last = groups.at(-1);
    if (last && last.name === (column.group ?? "")) last.width += width;
    else groups.push({ name: column.group ?? "", width });
  });
  const pinned = lead + (headers[0]?.getSize() ?? 0);
  return (
    <div className="grid-groups" role="presentation">
      <div className="grid-pinned" style={{ width: pinned }} role="presentation" />
      {groups.map((group) => (
        <div key={group.name} className="grid-group" style={{ width: group.width }}>
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
    <label className="grid-check" style={{ width: props.lead }}>
      <input
        ref={box}
        type="checkbox"
        aria-label="Select all loaded rows"
        checked={props.isAllSelected}
        onChange={(event) => props.onSelectAll(event.target.checked)}
      />
    </label>
  );
}

interface HeadCellProps<Row> {
  column: GridColumn<Row>;
  header: Header;
  sorting?: Sorting | undefined;
  onSort?: ((sorting: Sorting | undefined) => void) | undefined;
}

function HeadCell<Row>({ column, header, sorting, onSort }: HeadCellProps<Row>) {
  const isSorted = sorting?.id === column.id;
  const direction = isSorted ? (sorting.isDescending ? "descending" : "ascending") : undefined;
  const start = header.getResizeHandler();
  return (
    <div
      className={`grid-head-cell ${column.isNumeric ? "numeric" : ""}`}
      role="columnheader"
      aria-sort={direction}
      style={{ width: header.getSize() }}
    >
      {column.isSortable && onSort ? (
        <button
          type="button"
          title={`${column.label}\nClick to sort`}
          onClick={() => onSort(nextSorting(column, sorting))}
        >
          <span className="ellipsis">{column.label}</span>
          {isSorted && <span className="sort-mark">{sorting.isDescending ? "↓" : "↑"}</span>}
        </button>
      ) : (
        <span className="ellipsis" title={column.label}>
          {column.label}
        </span>
      )}
      <span
        className={`grid-grip ${header.column.getIsResizing() ? "gripped" : ""}`}
        aria-hidden="true"
        onMouseDown={start}
        onTouchStart={start}
        onDoubleClick={() => header.column.resetSize()}
      />
    </div>
  );
}

/** Numbers begin with the highest, words with the first; a third click ends the sorting. */
function nextSorting<Row>(
  column: GridColumn<Row>,
  sorting: Sorting | undefined,
): Sorting | undefined {
  const isFirstDescending = Boolean(column.isNumeric);
  if (sorting?.id !== column.id) return { id: column.id, isDescending: isFirstDescending };
  if (sorting.isDescending !== isFirstDescending) return undefined;
  return { id: column.id, isDescending: !isFirstDescending };
}
