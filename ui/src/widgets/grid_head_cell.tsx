/** One heading of a grid: sorts when clicked, moves when dragged, and has a menu and a grip. */
import { type DragEvent, type MouseEvent, useRef, useState } from "react";
import { type GridColumn, nextSorting, type Sorting } from "./grid_column";
import { Icon } from "./icons";
import { Menu, PointMenu } from "./menu";

/** What a heading needs to know of TanStack's header. */
export interface Header {
  id: string;
  getSize: () => number;
  getResizeHandler: () => (event: unknown) => void;
  column: { getIsResizing: () => boolean; resetSize: () => void };
}

interface HeadCellProps<Row> {
  column: GridColumn<Row>;
  header: Header;
  /** The column after this one. */
  next: string | undefined;
  sorting: readonly Sorting[];
  onSort?: ((sorting: readonly Sorting[]) => void) | undefined;
  isMultiSort: boolean;
  /** Puts a column before another, or last. */
  onMove?: ((id: string, before: string | undefined) => void) | undefined;
}

const COLUMN = "application/x-millstream-column";

export function HeadCell<Row>(props: HeadCellProps<Row>) {
  const { column, header, sorting, onSort } = props;
  const place = sorting.findIndex((each) => each.id === column.id);
  const isDescending = sorting[place]?.isDescending;
  const direction =
    isDescending === undefined ? undefined : isDescending ? "descending" : "ascending";
  const isGripping = useRef(false);
  const drag = useColumnDrag(props, isGripping);
  const clicked = (event: MouseEvent) =>
    onSort?.(nextSorting(column, sorting, props.isMultiSort && event.shiftKey));
  const resize = header.getResizeHandler();
  const grip = (event: MouseEvent) => {
    isGripping.current = true;
    window.addEventListener("mouseup", () => (isGripping.current = false), { once: true });
    resize(event);
  };
  const [point, setPoint] = useState<{ x: number; y: number }>();
  const asked = (event: MouseEvent) => {
    event.preventDefault();
    setPoint({ x: event.clientX, y: event.clientY });
  };
  const hint = `${column.label}\nClick to sort${props.isMultiSort ? ", with Shift by this too" : ""}`;
  return (
    <div
      className={`grid-head-cell ${column.isNumeric ? "numeric" : ""} ${drag.mark}`}
      role="columnheader"
      aria-sort={direction}
      style={{ width: header.getSize() }}
      {...drag.handlers}
      {...(column.menu && { onContextMenu: asked })}
    >
      {column.isSortable && onSort ? (
        <button type="button" title={hint} onClick={clicked}>
          <span className="ellipsis">{column.label}</span>
          {direction && (
            <span className="sort-mark">
              {isDescending ? "↓" : "↑"}
              {sorting.length > 1 && <small>{place + 1}</small>}
            </span>
          )}
        </button>
      ) : (
        <span className="ellipsis" title={column.label}>
          {column.label}
        </span>
      )}
      {column.menu && (
        <Menu
          button={
            <button type="button" className="head-menu" aria-label={`Column ${column.label}`}>
              <Icon name="chevron" size={12} />
            </button>
          }
          entries={column.menu}
        />
      )}
      {point && column.menu && (
        <PointMenu {...point} entries={column.menu()} onClose={() => setPoint(undefined)} />
      )}
      <span
        className={`grid-grip ${header.column.getIsResizing() ? "gripped" : ""}`}
        aria-hidden="true"
        onMouseDown={grip}
        onTouchStart={resize}
        onDoubleClick={() => header.column.resetSize()}
      />
    </div>
  );
}

/** Dragging a heading to another place; the mark says on which side it would land. */
function useColumnDrag<Row>(
  { column, next, onMove }: HeadCellProps<Row>,
  isGripping: { current: boolean },
) {
  const [side, setSide] = useState<"before" | "after">();
  if (!onMove) return { mark: "", handlers: {} };
  const sideOf = (event: DragEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return event.clientX < box.left + box.width / 2 ? "before" : "after";
  };
  return {
    mark: side ? `drop-${side}` : "",
    handlers: {
      draggable: true,
      onDragStart: (event: DragEvent) => {
        if (isGripping.current) event.preventDefault();
        event.dataTransfer.setData(COLUMN, column.id);
        event.dataTransfer.effectAllowed = "move";
      },
      onDragOver: (event: DragEvent) => {
        if (!event.dataTransfer.types.includes(COLUMN)) return;
        event.preventDefault();
        setSide(sideOf(event));
      },
      onDragLeave: () => setSide(undefined),
      onDrop: (event: DragEvent) => {
        setSide(undefined);
        const id = event.dataTransfer.getData(COLUMN);
        if (!id) return;
        event.preventDefault();
        onMove(id, sideOf(event) === "before" ? column.id : next);
      },
    },
  };
}
