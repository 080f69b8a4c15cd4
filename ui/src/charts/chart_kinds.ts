/** The kinds of charts, and what each wants to know. */
import type { ChartKind } from "./arrangement";

/** One thing that a kind wants: a column for a purpose, or any number of them. */
export interface Wanted {
  label: string;
  /** Only metrics, only numbers, or any column. */
  of: "metrics" | "numbers" | "any";
  isOptional?: boolean;
  isList?: boolean;
}

export interface KindFacts {
  label: string;
  wanted: readonly Wanted[];
  /** Charts of fewer columns say nothing. */
  least: number;
}

export const CHART_KINDS: Record<ChartKind, KindFacts> = {
  line: {
    label: "Lines",
    wanted: [{ label: "Metrics", of: "metrics", isList: true }],
    least: 1,
  },
  scatter: {
    label: "Scatter",
    wanted: [
      { label: "X-axis", of: "any" },
      { label: "Y-axis", of: "any" },
      { label: "Colour", of: "any", isOptional: true },
    ],
    least: 2,
  },
  parallel: {
    label: "Parallel coordinates",
    wanted: [{ label: "Axes; the last one gives the colour", of: "any", isList: true }],
    least: 2,
  },
  contour: {
    label: "Contour",
    wanted: [
      { label: "X-axis", of: "numbers" },
      { label: "Y-axis", of: "numbers" },
      { label: "Height", of: "numbers" },
    ],
    least: 3,
  },
  box: {
    label: "Boxes",
    wanted: [
      { label: "Value", of: "numbers" },
      { label: "One box for each", of: "any" },
    ],
    least: 2,
  },
  bar: {
    label: "Bars",
    wanted: [
      { label: "Value", of: "numbers" },
      { label: "Mean for each", of: "any", isOptional: true },
    ],
    least: 1,
  },
};

/** The most columns of a list: more axes or dashes could not be told apart. */
export const MOST_LISTED = 20;
