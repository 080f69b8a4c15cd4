/** Selecting rows of a grid. */
import { useRef } from "react";
import type { RowList } from "./grid_column";
import { useStable } from "./stable";

interface SelectionProps<Row> {
  rows: RowList<Row>;
  rowId: (row: Row) => string;
  canSelect?: ((row: Row) => boolean) | undefined;
  onSelect?: ((selected: ReadonlySet<string>) => void) | undefined;
  /** Selects rows that are not all here; without it only those that are here count. */
  onSelectRange?: ((from: number, to: number, isOn: boolean) => void) | undefined;
}

/** Selects one row, or with a range all from the one selected last. */
export function useSelection<Row extends object>(
  props: SelectionProps<Row>,
  selected: ReadonlySet<string>,
) {
  const last = useRef(-1);
  return useStable((index: number, isRange: boolean) => {
    const { rows, rowId, canSelect, onSelect, onSelectRange } = props;
    const row = index < 0 ? undefined : rows.at(index);
    if (!row || !onSelect || canSelect?.(row) === false) return;
    const start = isRange && last.current >= 0 ? last.current : index;
    const [from, to] = start < index ? [start, index] : [index, start];
    const isOn = !selected.has(rowId(row));
    last.current = index;
    const between = Array.from({ length: to - from + 1 }, (_, at) => rows.at(from + at));
    if (onSelectRange && between.some((each) => each === undefined)) {
      onSelectRange(from, to, isOn);
      return;
    }
    const next = new Set(selected);
    for (const each of between) {
      if (each === undefined || canSelect?.(each) === false) continue;
      if (isOn) next.add(rowId(each));
      else next.delete(rowId(each));
    }
    onSelect(next);
  });
}
