/** One row of a grid, and what stands for one that is not here yet. */
import type { VirtualItem } from "@tanstack/react-virtual";
import { type MouseEvent, memo, type ReactElement } from "react";
import type { GridColumn } from "./grid_column";

interface GridRowProps<Row> {
  row: Row;
  index: number;
  top: number;
  columns: readonly GridColumn<Row>[];
  pinnedCount: number;
  /** The widths of the columns that stay in sight, joined by commas. */
  pinnedWidths: string;
  inSight: readonly VirtualItem[];
  lead: number;
  start: number;
  isActive: boolean;
  /** Undefined where rows cannot be selected, null where others can. */
  isSelected: boolean | null | undefined;
  /** Where the row stands in a tree. */
  level: number | undefined;
  isExpanded: boolean | undefined;
  onActive: (index: number) => void;
  onToggle: (index: number, isRange: boolean) => void;
  onOpen: (row: Row) => void;
  onMenu?: ((event: MouseEvent, index: number, column: string) => void) | undefined;
}

function Row<Item>(props: GridRowProps<Item>) {
  const { row, index, columns, isSelected, pinnedCount } = props;
  const clicked = (event: MouseEvent) => {
    props.onActive(index);
    if (event.detail === 2 && !(event.target as HTMLElement).closest("button, a, input")) {
      props.onOpen(row);
    }
  };
  const widths = props.pinnedWidths.split(",").map(Number);
  const cell = (at: number, width: number) => {
    const column = columns[at];
    if (!column) return null;
    return (
      <div
        key={column.id}
        className={`grid-cell ${column.isNumeric ? "numeric" : ""}`}
        role="gridcell"
        style={{ width, background: column.ground?.(row) }}
        onContextMenu={props.onMenu && ((event) => props.onMenu?.(event, index, column.id))}
      >
        {column.cell(row)}
      </div>
    );
  };
  const state = `${props.isActive ? "active" : ""} ${isSelected ? "selected" : ""}`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys for all its rows
    <div
      className={`grid-row ${state}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected ?? undefined}
      aria-level={props.level}
      aria-expanded={props.isExpanded}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={clicked}
    >
      <div className="grid-pinned" role="presentation">
        {isSelected !== undefined && (
          <div className="grid-check" role="gridcell" style={{ width: props.lead }}>
            {isSelected !== null && (
              <label>
                <input
                  type="checkbox"
                  aria-label="Select"
                  checked={isSelected}
                  onClick={(event) => props.onToggle(index, event.shiftKey)}
                  onChange={ignore}
                />
              </label>
            )}
          </div>
        )}
        {columns.slice(0, pinnedCount).map((_, at) => cell(at, widths[at] ?? 0))}
      </div>
      <div style={{ width: props.start, flex: "none" }} role="presentation" />
      {props.inSight.map((item) => cell(item.index + pinnedCount, item.size))}
    </div>
  );
}

function ignore(): void {
  // The click has done it already; React wants to hear of changes to a controlled box.
}

/** Drawn again only if something about it changed. */
export const GridRow = memo(Row) as <Item>(props: GridRowProps<Item>) => ReactElement;

interface ComingRowProps {
  index: number;
  top: number;
  width: number;
}

/** Keeps the place of a row that has been asked for. */
export function ComingRow({ index, top, width }: ComingRowProps) {
  return (
    <div
      className="grid-row coming"
      role="row"
      aria-rowindex={index + 2}
      aria-busy="true"
      style={{ transform: `translateY(${top}px)` }}
    >
      <div className="grid-pinned" style={{ width }} role="gridcell">
        <span className="coming-bar" />
      </div>
    </div>
  );
}
