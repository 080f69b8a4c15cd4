/** One row of a grid. */
import type { VirtualItem } from "@tanstack/react-virtual";
import { type MouseEvent, memo, type ReactElement } from "react";
import type { GridColumn } from "./grid_column";

interface GridRowProps<Row> {
  row: Row;
  index: number;
  top: number;
  columns: readonly GridColumn<Row>[];
  inSight: readonly VirtualItem[];
  lead: number;
  firstWidth: number;
  start: number;
  isActive: boolean;
  /** Undefined where rows cannot be selected. */
  isSelected: boolean | undefined;
  onActive: (index: number) => void;
  onToggle: (index: number, isRange: boolean) => void;
  onOpen: (row: Row) => void;
}

function Row<Item>(props: GridRowProps<Item>) {
  const { row, index, columns, isSelected } = props;
  const first = columns[0];
  const clicked = (event: MouseEvent) => {
    props.onActive(index);
    if (event.detail === 2 && !(event.target as HTMLElement).closest("button, a, input")) {
      props.onOpen(row);
    }
  };
  const state = `${props.isActive ? "active" : ""} ${isSelected ? "selected" : ""}`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys for all its rows
    <div
      className={`grid-row ${state}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={clicked}
    >
      <div className="grid-pinned" role="presentation">
        {isSelected !== undefined && (
          <label className="grid-check" style={{ width: props.lead }}>
            <input
              type="checkbox"
              aria-label="Select"
              checked={isSelected}
              onClick={(event) => props.onToggle(index, event.shiftKey)}
              onChange={ignore}
            />
          </label>
        )}
        {first && (
          <div className="grid-cell" role="gridcell" style={{ width: props.firstWidth }}>
            {first.cell(row)}
          </div>
        )}
      </div>
      <div style={{ width: props.start, flex: "none" }} role="presentation" />
      {props.inSight.map((item) => {
        const column = columns[item.index + 1];
        if (!column) return null;
        return (
          <div
            key={column.id}
            className={`grid-cell ${column.isNumeric ? "numeric" : ""}`}
            role="gridcell"
            style={{ width: item.size }}
          >
            {column.cell(row)}
          </div>
        );
      })}
    </div>
  );
}

function ignore(): void {
  // The click has done it already; React wants to hear of changes to a controlled box.
}

/** Drawn again only if something about it changed. */
export const GridRow = memo(Row) as <Item>(props: GridRowProps<Item>) => ReactElement;
