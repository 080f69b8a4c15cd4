/** A table that draws only the rows and columns in sight, however many there are. */
import { type ColumnSizingState, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { features, type GridColumn, type Sorting } from "./grid_column";
import { GridHead } from "./grid_head";
import { GridRow } from "./grid_row";
import { useKeys } from "./keys";
import { useStable } from "./stable";

export interface GridProps<Row> {
  label: string;
  rows: readonly Row[];
  rowId: (row: Row) => string;
  columns: readonly GridColumn<Row>[];
  sorting?: Sorting | undefined;
  onSort?: (sorting: Sorting | undefined) => void;
  widths: Record<string, number>;
  onWidths: (widths: Record<string, number>) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  onOpen: (row: Row) => void;
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
  isDimmed?: boolean;
}

const ROW_HEIGHT = 30;
const HEAD_HEIGHT = 28;
const GROUP_HEIGHT = 22;
const CHECKBOX_WIDTH = 30;
const ROWS_BEFORE_END = 40;
const SETTLED = 300;
const NOTHING_SELECTED: ReadonlySet<string> = new Set();

/** Keys: j and k move, x selects, Enter opens. */
export function Grid<Row extends object>(props: GridProps<Row>) {
  const { rows, rowId, columns, selected = NOTHING_SELECTED } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const [sizes, setSizes] = useSettledSizes(props.widths, props.onWidths);
  const table = useTable({
    features,
    data: rows as Row[],
    columns: useMemo(
      () => columns.map(({ id, size }) => ({ id, size, minSize: 48, accessorFn: () => id })),
      [columns],
    ),
    getRowId: rowId,
    state: { columnSizing: sizes },
    onColumnSizingChange: setSizes,
    columnResizeMode: "onChange",
  });

  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  const lead = props.onSelect ? CHECKBOX_WIDTH : 0;
  const firstWidth = headers[0]?.getSize() ?? 0;
  const pinned = lead + firstWidth;
  const hasGroups = columns.some((column) => column.group);
  const headHeight = HEAD_HEIGHT + (hasGroups ? GROUP_HEIGHT : 0);

  const across = useVirtualizer({
    horizontal: true,
    count: Math.max(0, columns.length - 1),
    getScrollElement: () => scroller.current,
    estimateSize: (at) => headers[at + 1]?.getSize() ?? 0,
    getItemKey: (at) => columns[at + 1]?.id ?? at,
    paddingStart: pinned,
    overscan: 3,
  });
  const down = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    scrollPaddingStart: headHeight,
    paddingStart: headHeight,
    overscan: 8,
  });
  const allSizes = headers.map((header) => header.getSize()).join();
  useEffect(() => across.measure(), [allSizes, across]);

  const columnsInSight = across.getVirtualItems();
  const rowsInSight = down.getVirtualItems();
  const lastInSight = rowsInSight.at(-1)?.index ?? 0;
  const { onEnd } = props;
  useEffect(() => {
    if (rows.length > 0 && lastInSight >= rows.length - ROWS_BEFORE_END) onEnd?.();
  }, [lastInSight, rows.length, onEnd]);

  const toggle = useSelection(props, selected);
  const open = useStable(props.onOpen);
  const moveTo = (index: number) => {
    if (rows.length === 0) return;
    const to = Math.min(rows.length - 1, Math.max(0, index));
    setActive(to);
    down.scrollToIndex(to, { align: "auto" });
  };
  const openActive = () => {
    const row = rows[active];
    if (row) open(row);
  };
  useKeys({
    j: () => moveTo(active + 1),
    k: () => moveTo(active - 1),
    x: () => toggle(active, false),
  });
  const pressed = (event: KeyboardEvent) => {
    const action = {
      ArrowDown: () => moveTo(active + 1),
      ArrowUp: () => moveTo(active - 1),
      Enter: openActive,
      Home: () => moveTo(0),
      End: () => moveTo(rows.length - 1),
      " ": () => toggle(active, false),
    }[event.key];
    if (!action || event.target !== event.currentTarget) return;
    event.preventDefault();
    action();
  };

  const start = (columnsInSight[0]?.start ?? pinned) - pinned;
  const width = across.getTotalSize();
  return (
    <div
      ref={scroller}
      className={`grid ${props.isDimmed ? "dimmed" : ""}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable={props.onSelect ? true : undefined}
      tabIndex={0}
      onKeyDown={pressed}
    >
      <div
        className="grid-canvas"
        style={{ width, height: down.getTotalSize() }}
        role="presentation"
      >
        <GridHead
          columns={columns}
          headers={headers}
          inSight={columnsInSight}
          lead={lead}
          start={start}
          hasGroups={hasGroups}
          sorting={props.sorting}
          onSort={props.onSort}
          isAllSelected={rows.length > 0 && selected.size >= rows.length}
          isSomeSelected={selected.size > 0}
          onSelectAll={(isAll) => props.onSelect?.(new Set(isAll ? rows.map(rowId) : []))}
        />
        {rowsInSight.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <GridRow
              key={rowId(row)}
              row={row}
              index={item.index}
              top={item.start}
              columns={columns}
              inSight={columnsInSight}
              lead={lead}
              firstWidth={firstWidth}
              start={start}
              isActive={item.index === active}
              isSelected={props.onSelect ? selected.has(rowId(row)) : undefined}
              onActive={setActive}
              onToggle={toggle}
              onOpen={open}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Selecting one row, or with Shift all from the one selected last. */
function useSelection<Row extends object>(props: GridProps<Row>, selected: ReadonlySet<string>) {
  const last = useRef(-1);
  return useStable((index: number, isRange: boolean) => {
    const row = props.rows[index];
    if (!row || !props.onSelect) return;
    const from = isRange && last.current >= 0 ? last.current : index;
    const to = new Set(selected);
    const isOn = !selected.has(props.rowId(row));
    const between = props.rows.slice(Math.min(from, index), Math.max(from, index) + 1);
    for (const each of between) {
      if (isOn) to.add(props.rowId(each));
      else to.delete(props.rowId(each));
    }
    last.current = index;
    props.onSelect(to);
  });
}

/** Widths that follow the pointer at once and are told to the outside when it rests. */
function useSettledSizes(
  widths: Record<string, number>,
  onWidths: (widths: Record<string, number>) => void,
) {
  const [sizes, setSizes] = useState<ColumnSizingState>(widths);
  const tell = useStable(onWidths);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const timer = setTimeout(() => tell(sizes), SETTLED);
    return () => clearTimeout(timer);
  }, [sizes, tell]);
  return [sizes, setSizes] as const;
}
