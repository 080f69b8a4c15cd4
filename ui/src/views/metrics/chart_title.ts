/** What a chart is called: as somebody named it, or after its columns. */
import type { ChartSpec } from "../../charts/arrangement";
import { columnOf, fullLabelOf, NAME_COLUMN } from "../../data/columns";

/** The name of a column of a chart. */
export function columnLabel(id: string | undefined): string {
  if (id === undefined) return "";
  if (id === NAME_COLUMN) return "Name";
  const column = columnOf(id);
  return column ? fullLabelOf(column) : id;
}

/** The name of a chart. */
export function titleOf({ kind, columns, title }: ChartSpec): string {
  if (title) return title;
  const [first = "", second, third] = columns.map(columnLabel);
  switch (kind) {
    case "line":
      return columns.map(columnLabel).join(", ");
    case "scatter":
      return `${second ?? ""} by ${first}${third ? `, coloured by ${third}` : ""}`;
    case "contour":
      return `${third ?? ""} over ${first} and ${second ?? ""}`;
    case "box":
    case "bar":
      return second ? `${first} by ${second}` : first;
    case "parallel":
      return columns.length > 3
        ? `${first} to ${columnLabel(columns[columns.length - 1])}, ${columns.length} columns`
        : columns.map(columnLabel).join(", ");
  }
}
