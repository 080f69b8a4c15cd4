/** A table in text: comma- or tab-separated values, which are text and nothing else. */
import { useMemo, useState } from "react";
import { parseTable } from "../../data/csv";
import { WithBeginning } from "./beginning";
import { DataTable, RowsFoot } from "./data_table";
import type { FileProps } from "./file";

const ROWS_AT_ONCE = 200;
const MOST_ROWS = 50_000;

export function DelimitedFile(file: FileProps) {
  const separator = /\.tsv$/i.test(file.path) ? "\t" : ",";
  return (
    <WithBeginning file={file}>
      {({ text, isWhole }) => (
        <Delimited
          text={text}
          isWhole={isWhole}
          separator={separator}
          run_id={file.run.info.run_id}
        />
      )}
    </WithBeginning>
  );
}

interface DelimitedProps {
  text: string;
  isWhole: boolean;
  separator: string;
  run_id: string;
}

function Delimited({ text, isWhole, separator, run_id }: DelimitedProps) {
  const [most, setMost] = useState(ROWS_AT_ONCE);
  const [head = [], ...rows] = useMemo(() => {
    const read = parseTable(text, separator, MOST_ROWS + 1);
    // The last row of a part is cut somewhere.
    return isWhole || read.length < 2 ? read : read.slice(0, -1);
  }, [text, separator, isWhole]);
  return (
    <DataTable
      columns={head.map((name) => ({ name }))}
      rows={rows.slice(0, most)}
      run_id={run_id}
      foot={
        <RowsFoot
          shown={Math.min(most, rows.length)}
          total={rows.length}
          what={isWhole ? "rows" : "rows of this part"}
          onMore={() => setMost(most + ROWS_AT_ONCE)}
        />
      }
    />
  );
}
