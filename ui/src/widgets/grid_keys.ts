/** The row that keys act on, and the keys of a grid. */
import { type KeyboardEvent, type RefObject, useState } from "react";
import type { RowList, RowPlace } from "./grid_column";
import { useKeys } from "./keys";

interface GridKeysProps<Row> {
  scroller: RefObject<HTMLElement | null>;
  rows: RowList<Row>;
  scrollTo: (index: number) => void;
  rowsAtOnce: () => number;
  toggle: (index: number, isRange: boolean) => void;
  open: (row: Row) => void;
  place?: ((row: Row) => RowPlace) | undefined;
  onExpand?: ((row: Row, isExpanded: boolean) => void) | undefined;
  /** Opens the menu of actions of a row. */
  act?: ((index: number) => void) | undefined;
}

/** The active row, what sets it, and what hears the keys pressed in the grid. */
export function useGridKeys<Row>(props: GridKeysProps<Row>) {
  const { rows, toggle } = props;
  const [active, setActive] = useState(-1);
  const row = active < 0 ? undefined : rows.at(active);
  const moveTo = (index: number) => {
    if (rows.length === 0) return;
    const to = Math.min(rows.length - 1, Math.max(0, index));
    setActive(to);
    props.scrollTo(to);
  };
  const moveAnywhere = (index: number) => {
    props.scroller.current?.focus({ preventScroll: true });
    moveTo(index);
  };
  useKeys({
    j: () => moveAnywhere(active + 1),
    k: () => moveAnywhere(active - 1),
    x: () => toggle(active, false),
    ...(props.act && { ".": () => active >= 0 && props.act?.(active) }),
  });
  const expand = (isExpanded: boolean) => {
    if (!row || props.place?.(row).isExpanded !== !isExpanded) return;
    props.onExpand?.(row, isExpanded);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const move = (by: number) => {
      moveTo(active + by);
      if (event.shiftKey) toggle(Math.min(rows.length - 1, Math.max(0, active + by)), false);
    };
    const action = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      PageDown: () => moveTo(active + props.rowsAtOnce()),
      PageUp: () => moveTo(active - props.rowsAtOnce()),
      ArrowRight: props.onExpand && (() => expand(true)),
      ArrowLeft: props.onExpand && (() => expand(false)),
      Enter: () => row && props.open(row),
      Home: () => moveTo(0),
      End: () => moveTo(rows.length - 1),
      " ": () => toggle(active, event.shiftKey),
    }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  return { active, setActive, pressed };
}
