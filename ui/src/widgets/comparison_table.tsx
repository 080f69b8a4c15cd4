/** The table of a comparison: a column for each thing compared, a row for each fact; or turned. */
import type { ReactNode } from "react";
import {
  type CompareHeading,
  type CompareRow,
  type CompareValue,
  distance,
} from "../data/comparison";
import { shortNumber } from "../data/numbers";
import { Matrix, type MatrixHead } from "./matrix";
import { Numeral } from "./values";

interface ComparisonTableProps {
  /** The things compared, in the order of each row's values. */
  items: readonly MatrixHead[];
  rows: readonly (CompareHeading | CompareRow)[];
  cell: (row: CompareRow, at: number) => ReactNode;
  /** Stands behind the name of a fact. */
  aside?: (row: CompareRow) => ReactNode;
  /** The things compared as lines, the facts as columns. */
  isTurned?: boolean;
}

/** Values that differ from the first thing's are marked. */
export function ComparisonTable({ items, rows, isTurned = false, ...of }: ComparisonTableProps) {
  const cellOf = (row: CompareRow | CompareHeading | undefined, at: number) =>
    row?.kind === "row"
      ? {
          content: of.cell(row, at),
          isMarked: at > 0 && !Object.is(row.values[at], row.values[0]),
        }
      : { content: null, isMarked: false };
  if (isTurned) {
    const facts = rows.filter((row) => row.kind === "row");
    return (
      <Matrix
        label="Comparison"
        corner="Compared"
        hasTallHead
        columns={facts.map((row) => ({
          id: `${row.section} ${row.key}`,
          head: (
            <span className="fact-over">
              <small>{row.section}</small>
              <FactName row={row} />
            </span>
          ),
        }))}
        lines={items}
        cell={(line, column) => cellOf(facts[column], line)}
      />
    );
  }
  return (
    <Matrix
      label="Comparison"
      corner="Fact"
      columns={items}
      lines={rows.map((row) =>
        row.kind === "heading"
          ? { id: row.section, isHeading: true, head: <Heading row={row} /> }
          : {
              id: `${row.section} ${row.key}`,
              head: (
                <>
                  <FactName row={row} />
                  {of.aside?.(row)}
                </>
              ),
            },
      )}
      cell={(line, column) => cellOf(rows[line], column)}
    />
  );
}

function FactName({ row }: { row: CompareRow }) {
  return (
    <span className="ellipsis" title={row.key}>
      {row.key}
    </span>
  );
}

function Heading({ row }: { row: CompareHeading }) {
  const hidden = row.total - row.shown;
  return (
    <>
      {row.section}
      <span className="faint">
        {hidden > 0 ? `${row.shown} of ${row.total} differ` : row.total}
      </span>
    </>
  );
}

/** A value that needs no drawing of its own. */
export function PlainValue({ value }: { value: CompareValue }) {
  if (value === undefined) return <span className="absent">–</span>;
  if (typeof value === "number") return <Numeral value={value} />;
  return (
    <span className="ellipsis" title={value.slice(0, 2_000)}>
      {value.slice(0, 300)}
    </span>
  );
}

interface DistanceProps {
  value: CompareValue;
  first: CompareValue;
  better: "higher" | "lower" | undefined;
}

/** The difference from the first one's number, in parts of it too, and whether it is better. */
export function Distance({ value, first, better }: DistanceProps) {
  const difference = distance(value, first);
  if (difference === undefined) return null;
  const sign = difference > 0 ? "+" : "";
  const share = typeof first === "number" && first !== 0 ? (difference / Math.abs(first)) * 100 : 0;
  const percent = share ? `${sign}${shortNumber(Number(share.toPrecision(3)))} %` : undefined;
  const isBetter = better && difference > 0 === (better === "higher");
  return (
    <>
      <span className="faint">
        {sign}
        {shortNumber(difference)}
        {percent && ` (${percent})`}
      </span>
      {better && (
        <span className={isBetter ? "good-text" : "worse-text"}>
          {isBetter ? "better" : "worse"}
        </span>
      )}
    </>
  );
}
