/** A table that draws only the rows and columns in sight, however many there are. */
import { type MouseEvent, useEffect, useRef, useState } from "react";
import type { GridColumn, RowList, RowPlace, Sorting } from "./grid_column";
import { GridHead } from "./grid_head";
import { useGridKeys } from "./grid_keys";
import { useGridLayout } from "./grid_layout";
import { ComingRow, GridRow } from "./grid_row";
import { useSelection } from "./grid_selection";
import { type MenuEntry, PointMenu } from "./menu";
import { useStable } from "./stable";

export interface GridProps<Row> {
  label: string;
  rows: RowList<Row>;
  rowId: (row: Row) => string;
  columns: readonly GridColumn<Row>[];
  sorting?: readonly Sorting[] | undefined;
  onSort?: (sorting: readonly Sorting[]) => void;
  /** Whether Shift and a click sort by one more column. */
  isMultiSort?: boolean;
  widths: Record<string, number>;
  onWidths: (widths: Record<string, number>) => void;
  /** Puts a column before another, or last. */
  onMove?: (id: string, before: string | undefined) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  canSelect?: (row: Row) => boolean;
  /** Selects rows of which some are not here. */
  onSelectRange?: (from: number, to: number, isOn: boolean) => void;
  /** Selects all rows where not all are here; without it those that are here. */
  onSelectAll?: () => void;
  selectAllLabel?: string;
  /** How many rows can be selected, if not all that are listed. */
  selectable?: number;
  onOpen: (row: Row) => void;
  /** Where rows form a tree: the place of each, and what opens and closes one. */
  place?: (row: Row) => RowPlace;
  onExpand?: (row: Row, isExpanded: boolean) => void;
  /** What the menu of a cell offers; the row's own menu has no column. */
  menu?: (row: Row, column: string | undefined) => MenuEntry[];
  /** Called when other rows come into sight, with the first and the last. */
  onSight?: (first: number, last: number) => void;
  /** Called when other columns come into sight, with the first and the last by their places. */
  onColumnSight?: (first: number, last: number) => void;
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
  /** The rows start from the top again when this changes. */
  scrollKey?: string;
  isDimmed?: boolean;
}

const ROWS_BEFORE_END = 40;
const NOTHING_SELECTED: ReadonlySet<string> = new Set();
const NOT_SORTED: readonly Sorting[] = [];

interface OpenMenu {
  x: number;
  y: number;
  entries: MenuEntry[];
}

/** Keys: j and k move, x selects, Enter opens, the dot opens the row's menu. */
export function Grid<Row extends object>(props: GridProps<Row>) {
  const { rows, rowId, columns, selected = NOTHING_SELECTED, sorting = NOT_SORTED } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState<OpenMenu>();
  const layout = useGridLayout({ ...props, scroller, canSelect: props.onSelect !== undefined });
  const { down, columnsInSight, lead, start } = layout;
  const rowsInSight = down.getVirtualItems();
  useSight(props, rowsInSight[0]?.index ?? 0, rowsInSight.at(-1)?.index ?? 0);
  useColumnSight(props, layout);
  useTopOf(scroller, props.scrollKey);

  const toggle = useSelection(props, selected);
  const open = useStable(props.onOpen);
  const showMenu = (index: number, column: string | undefined, x: number, y: number) => {
    const row = rows.at(index);
    const entries = (row && props.menu?.(row, column)) ?? [];
    if (entries.length > 0) setMenu({ x, y, entries });
  };
  const act = (index: number) => {
    const row = scroller.current?.querySelector(`[aria-rowindex="${index + 2}"] .grid-cell`);
    const box = row?.getBoundingClientRect();
    if (box) showMenu(index, undefined, box.left + lead, box.bottom);
  };
  const { active, setActive, pressed } = useGridKeys({
    scroller,
    rows,
    toggle,
    open,
    place: props.place,
    onExpand: props.onExpand,
    rowsAtOnce: layout.rowsAtOnce,
    scrollTo: (index) => down.scrollToIndex(index, { align: "auto" }),
    act: props.menu && act,
  });
  const menuAsked = useStable((event: MouseEvent, index: number, column: string) => {
    if ((event.target as HTMLElement).closest("a, input")) return; // the browser's own menu is of use
    event.preventDefault();
    setActive(index);
    showMenu(index, column, event.clientX, event.clientY);
  });
  const selectAll = (isAll: boolean) => {
    if (!isAll) props.onSelect?.(new Set());
    else if (props.onSelectAll) props.onSelectAll();
    else props.onSelect?.(new Set(present(rows).map(rowId)));
  };
  const selectable = props.selectable ?? rows.length;

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the role is grid or treegrid
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is grid or treegrid
    <div
      ref={scroller}
      className={`grid ${props.isDimmed ? "dimmed" : ""}`}
      role={props.place ? "treegrid" : "grid"}
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable={props.onSelect ? true : undefined}
      tabIndex={0}
      onKeyDown={pressed}
    >
      <div
        className="grid-canvas"
        style={{ width: layout.width, height: down.getTotalSize() }}
        role="presentation"
      >
        <GridHead
          {...layout}
          columns={columns}
          inSight={columnsInSight}
          sorting={sorting}
          onSort={props.onSort}
          isMultiSort={props.isMultiSort ?? false}
          onMove={props.onMove}
          isAllSelected={selectable > 0 && selected.size >= selectable}
          isSomeSelected={selected.size > 0}
          selectAllLabel={props.selectAllLabel ?? "Select all loaded rows"}
          onSelectAll={selectAll}
        />
        {rowsInSight.map((item) => {
          const row = rows.at(item.index);
          if (!row) {
            return (
              <ComingRow
                key={`coming ${item.index}`}
                index={item.index}
                top={item.start}
                width={layout.pinned}
              />
            );
          }
          const canSelect = props.canSelect?.(row) !== false;
          const place = props.place?.(row);
          return (
            <GridRow
              key={rowId(row)}
              row={row}
              index={item.index}
              top={item.start}
              columns={columns}
              pinnedCount={layout.pinnedCount}
              pinnedWidths={layout.pinnedWidths}
              inSight={columnsInSight}
              lead={lead}
              start={start}
              isActive={item.index === active}
              isSelected={props.onSelect && (canSelect ? selected.has(rowId(row)) : null)}
              level={place?.level}
              isExpanded={place?.isExpanded}
              onActive={setActive}
              onToggle={toggle}
              onOpen={open}
              onMenu={props.menu && menuAsked}
            />
          );
        })}
      </div>
      {menu && <PointMenu {...menu} onClose={() => setMenu(undefined)} />}
    </div>
  );
}

function present<Row>(rows: RowList<Row>): Row[] {
  const all = Array.from({ length: rows.length }, (_, at) => rows.at(at));
  return all.filter((row) => row !== undefined);
}

/** Tells the outside which rows are in sight, and when those are the last. */
function useSight<Row>(props: GridProps<Row>, first: number, last: number): void {
  const { onEnd, onSight } = props;
  const { length } = props.rows;
  useEffect(() => onSight?.(first, last), [first, last, onSight]);
  useEffect(() => {
    if (length > 0 && last >= length - ROWS_BEFORE_END) onEnd?.();
  }, [last, length, onEnd]);
}

function useColumnSight<Row>(
  { onColumnSight }: GridProps<Row>,
  { columnsInSight, pinnedCount }: ReturnType<typeof useGridLayout>,
): void {
  const first = (columnsInSight[0]?.index ?? 0) + pinnedCount;
  const last = (columnsInSight.at(-1)?.index ?? 0) + pinnedCount;
  useEffect(() => onColumnSight?.(first, last), [first, last, onColumnSight]);
}

function useTopOf(scroller: { current: HTMLElement | null }, key: string | undefined): void {
  const last = useRef(key);
  useEffect(() => {
    if (last.current !== key) scroller.current?.scrollTo({ top: 0 });
    last.current = key;
  }, [key, scroller]);
}
