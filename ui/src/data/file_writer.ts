/** What a file of runs is made of, whatever its format. */
import type { RunTable } from "../api/types.gen";
import type { CellValue } from "./columns";

/** A column of the file: its heading, whether it holds numbers, and its values on a page. */
export interface FileColumn {
  name: string;
  isNumber: boolean;
  values: (page: RunTable) => readonly CellValue[];
}

/** Writes pages of rows; `finish` answers with the whole file in pieces. */
export interface FileWriter {
  write: (rows: readonly CellValue[][]) => void;
  finish: () => BlobPart[];
}
