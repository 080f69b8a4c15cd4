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

export const features = tableFeatures({ columnSizingFeature, columnResizingFeature });
