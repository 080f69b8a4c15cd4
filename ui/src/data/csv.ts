/** Comma- or tab-separated text, read and written. */

/** The first `most` rows; quoted fields may hold separators, quotes and line ends. */
export function parseTable(text: string, separator: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let isQuoted = false;
  const endRow = () => {
    row.push(field);
    if (row.length > 1 || field !== "") rows.push(row);
    row = [];
    field = "";
  };
  for (let at = 0; at < text.length && rows.length < most; at++) {
    const letter = text[at];
    if (isQuoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else isQuoted = false;
    } else if (letter === '"' && field === "") isQuoted = true;
    else if (letter === separator) {
      row.push(field);
      field = "";
    } else if (letter === "\n") endRow();
    else if (letter !== "\r") field += letter;
  }
  if (rows.length < most && (field !== "" || row.length > 0)) endRow();
  return rows;
}

/** Rows as comma-separated text. */
export function formatTable(rows: readonly (readonly (string | number | undefined)[])[]): string {
  return rows.map(csvRow).join("\n");
}

/** One row as comma-separated text; what is undefined is empty. */
export function csvRow(row: readonly (string | number | undefined)[]): string {
  return row.map(csvField).join(",");
}

function csvField(value: string | number | undefined): string {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
