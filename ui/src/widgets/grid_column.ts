/** What a grid, its head and its rows know of a column, and of the rows as a list. */
import { columnResizingFeature, columnSizingFeature, tableFeatures } from "@tanstack/react-table";
import type { ReactNode } from "react";
import { joinList, splitList } from "../data/address";
import type { MenuEntry } from "./menu";

/** One column. The first column given to a grid stays in sight when the others scroll. */
export interface GridColumn<Row> {
  id: string;
  label: string;
  group?: string;
  /** In pixels. */
  size: number;
  isNumeric?: boolean;
  isSortable?: boolean;
  /** Stays in sight as the first does; such columns are given next to it. */
  isPinned?: boolean;
  cell: (row: Row) => ReactNode;
  /** A colour behind the cell. */
  ground?: (row: Row) => string | undefined;
  /** What the menu of the heading offers. */
  menu?: () => MenuEntry[];
}

/** Rows of which some may not be here yet: an array, or something that answers like one. */
export interface RowList<Row> {
  readonly length: number;
  at(index: number): Row | undefined;
}

/** Where a row stands in a tree; `isExpanded` is undefined for one without rows below it. */
export interface RowPlace {
  /** From 1. */
  level: number;
  isExpanded?: boolean | undefined;
}

export interface Sorting {
  id: string;
  isDescending: boolean;
}

/** A sorting as an address carries it: its columns, each after a minus if it is descending. */
export function formatSorting(sorting: readonly Sorting[]): string | undefined {
  return joinList(sorting.map(({ id, isDescending }) => `${isDescending ? "-" : ""}${id}`));
}

/** The sorting that `formatSorting` wrote. */
export function parseSorting(text: string | null): Sorting[] {
  return splitList(text).map((part) => ({
    id: part.replace(/^-/, ""),
    isDescending: part.startsWith("-"),
  }));
}

/**
 * The sorting after a click on a heading: numbers begin with the highest, words with the first;
 * a third click ends it. Added ones are sorted by after those of before.
 */
export function nextSorting(
  column: { id: string; isNumeric?: boolean },
  sorting: readonly Sorting[],
  isAdded: boolean,
): Sorting[] {
  const { id } = column;
  const isFirstDescending = Boolean(column.isNumeric);
  const known = sorting.find((each) => each.id === id);
  const next = { id, isDescending: known ? !isFirstDescending : isFirstDescending };
  const isOver = known !== undefined && known.isDescending !== isFirstDescending;
  if (!isAdded) return isOver ? [] : [next];
  if (!known) return [...sorting, next];
  if (isOver) return sorting.filter((each) => each !== known);
  return sorting.map((each) => (each === known ? next : each));
}

export const features = tableFeatures({ columnSizingFeature, columnResizingFeature });
