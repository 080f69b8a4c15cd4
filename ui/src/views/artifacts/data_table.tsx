/** Rows and columns of a file. */
import { type ReactNode, useState } from "react";
import { fileAddress } from "../../data/artifacts";
import { ExactNumber, imageInCell, isBranch, type JsonValue } from "../../data/json_values";
import { count, exactNumber, looksNumeric, shortNumber } from "../../data/numbers";
import { Button } from "../../widgets/button";
import { Body } from "./body";

const COLUMNS_AT_ONCE = 50;
const LONGEST_CELL = 400;

interface DataTableProps {
  columns: readonly { name: string; type?: string }[];
  rows: readonly (readonly JsonValue[])[];
  /** The number of the first row. */
  first?: number;
  /** The run whose images cells may name. */
  run_id: string;
  /** Stands below the rows: how many there are, and the way to more. */
  foot?: ReactNode;
}

export function DataTable({ columns, rows, first = 0, run_id, foot }: DataTableProps) {
  const [most, setMost] = useState(COLUMNS_AT_ONCE);
  const shown = columns.slice(0, most);
  const isNumeric = shown.map((_, column) => rows.every((row) => isNumber(row[column] ?? null)));
  return (
    <Body kind="preview-table">
      <table>
        <thead>
          <tr>
            <th>
              <span className="off-screen">Row</span>
            </th>
            {shown.map(({ name, type }, at) => (
              <th
                key={at}
                className={isNumeric[at] ? "numeric" : undefined}
                title={type ? `${name}: ${type}` : name}
              >
                {name}
                {type && <small>{type}</small>}
              </th>
            ))}
            {columns.length > most && (
              <th>
                <Button tone="quiet" onClick={() => setMost(most + COLUMNS_AT_ONCE)}>
                  {count(columns.length - most)} more columns
                </Button>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              <td className="faint">{count(first + at + 1)}</td>
              {shown.map((_, column) => (
                <Cell
                  key={column}
                  value={row[column] ?? null}
                  isNumeric={isNumeric[column] ?? false}
                  run_id={run_id}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {foot}
    </Body>
  );
}

function isNumber(value: JsonValue): boolean {
  if (value === null || typeof value === "number" || value instanceof ExactNumber) return true;
  return typeof value === "string" && (value === "" || looksNumeric(value));
}

interface CellProps {
  value: JsonValue;
  isNumeric: boolean;
  run_id: string;
}

function Cell({ value, isNumeric, run_id }: CellProps) {
  const side = isNumeric ? "numeric" : undefined;
  if (value === null) return <td className={`faint ${side ?? ""}`}>–</td>;
  const image = imageInCell(value);
  if (image) {
    return (
      <td className="cell-image">
        <a href={fileAddress(run_id, image.path)} download title={image.path}>
          <img src={fileAddress(run_id, image.preview)} alt={image.path} loading="lazy" />
        </a>
      </td>
    );
  }
  if (typeof value === "number") {
    return (
      <td className={side} title={exactNumber(value)}>
        {shortNumber(value)}
      </td>
    );
  }
  const text = isBranch(value) ? JSON.stringify(value) : String(value);
  return (
    <td className={side} title={text.slice(0, 2_000)}>
      {text.slice(0, LONGEST_CELL)}
    </td>
  );
}

interface RowsFootProps {
  shown: number;
  total: number;
  what: string;
  onMore: (() => void) | undefined;
}

/** How many rows are shown of how many, and a button for more. */
export function RowsFoot({ shown, total, what, onMore }: RowsFootProps) {
  return (
    <p className="pane-note row-of-buttons">
      {shown < total ? `${count(shown)} of ${count(total)} ${what}` : `${count(total)} ${what}`}
      {shown < total && onMore && (
        <Button tone="quiet" onClick={onMore}>
          More
        </Button>
      )}
    </p>
  );
}
