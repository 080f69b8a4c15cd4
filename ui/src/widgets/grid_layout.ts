/** Which rows and columns of a grid are in sight, and where they stand. */
import { useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useMemo } from "react";
import { features, type GridColumn, type RowList } from "./grid_column";
import { useSettledSizes } from "./grid_sizes";

const ROW_HEIGHT = 30;
const HEAD_HEIGHT = 28;
const GROUP_HEIGHT = 22;
const CHECKBOX_WIDTH = 30;
const NARROWEST = 48;
const NO_DATA: object[] = [];

interface LayoutProps<Row> {
  scroller: RefObject<HTMLDivElement | null>;
  rows: RowList<Row>;
  columns: readonly GridColumn<Row>[];
  widths: Record<string, number>;
  onWidths: (widths: Record<string, number>) => void;
  canSelect: boolean;
}

/** The columns' widths by TanStack's table, what is in sight by its virtualizers. */
export function useGridLayout<Row>(props: LayoutProps<Row>) {
  const { columns, scroller, rows } = props;
  const [sizes, setSizes] = useSettledSizes(props.widths, props.onWidths);
  const table = useTable({
    features,
    data: NO_DATA,
    columns: useMemo(
      () => columns.map(({ id, size }) => ({ id, size, minSize: NARROWEST, accessorFn: () => id })),
      [columns],
    ),
    state: { columnSizing: sizes },
    onColumnSizingChange: setSizes,
    columnResizeMode: "onChange",
  });

  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  const lead = props.canSelect ? CHECKBOX_WIDTH : 0;
  const free = columns.findIndex((column, at) => at > 0 && !column.isPinned);
  const pinnedCount = free < 0 ? columns.length : free;
  const pinnedSizes = headers.slice(0, pinnedCount).map((header) => header.getSize());
  const pinned = lead + pinnedSizes.reduce((sum, size) => sum + size, 0);
  const hasGroups = columns.some((column) => column.group);
  const headHeight = HEAD_HEIGHT + (hasGroups ? GROUP_HEIGHT : 0);

  const across = useVirtualizer({
    horizontal: true,
    count: Math.max(0, columns.length - pinnedCount),
    getScrollElement: () => scroller.current,
    estimateSize: (at) => headers[at + pinnedCount]?.getSize() ?? 0,
    getItemKey: (at) => columns[at + pinnedCount]?.id ?? at,
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
  return {
    headers,
    lead,
    pinned,
    pinnedCount,
    pinnedWidths: pinnedSizes.join(),
    hasGroups,
    down,
    columnsInSight,
    start: (columnsInSight[0]?.start ?? pinned) - pinned,
    width: across.getTotalSize(),
    rowsAtOnce: () =>
      Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - headHeight) / ROW_HEIGHT)),
  };
}
