/** What a grid, its head and its rows know of a column. */
import { columnResizingFeature, columnSizingFeature, tableFeatures } from "@tanstack/react-table";
import type { ReactNode } from "react";

/** One column. The first column given to a grid stays in sight when the others scroll. */
export interface GridColumn<Row> {
  id: string;
  label: string;
  group?: string;
  /** In pixels. */
  size: number;
  isNumeric?: boolean;
  isSortable?: boolean;
  cell: (row: Row) => ReactNode;
}

export interface Sorting {
  id: string;
  isDescending: boolean;
}

/** A sorting as an address carries it: the column, after a minus if it is descending. */
export function formatSorting(sorting: Sorting | undefined): string | undefined {
  return sorting && `${sorting.isDescending ? "-" : ""}${sorting.id}`;
}

/** The sorting that `formatSorting` wrote. */
export function parseSorting(text: string | null): Sorting | undefined {
  return text ? { id: text.replace(/^-/, ""), isDescending: text.startsWith("-") } : undefined;
}

export const features = tableFeatures({ columnSizingFeature, columnResizingFeature });
