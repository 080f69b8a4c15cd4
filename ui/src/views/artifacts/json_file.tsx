/** JSON: a table if a run logged one, else a tree that folds. */
import { useMemo, useState } from "react";
import { type JsonValue, parseJson, tableIn, tableInBeginning } from "../../data/json_values";
import { Choice } from "../../widgets/button";
import { JsonTree } from "../../widgets/json_tree";
import { WithBeginning } from "./beginning";
import { Body } from "./body";
import { DataTable, RowsFoot } from "./data_table";
import type { FileProps } from "./file";
import { TextBody } from "./text_file";

const MOST_READ = 4 * 1024 * 1024;
/** Beyond this many letters the source is cut: the page would be slow for what nobody reads. */
const MOST_SOURCE = 512 * 1024;
const ROWS_AT_ONCE = 200;

type View = "table" | "tree" | "source";
const LABELS: Record<View, string> = { table: "Table", tree: "Tree", source: "Source" };

export function JsonFile(file: FileProps) {
  return (
    <WithBeginning file={file} most={MOST_READ}>
      {({ text, isWhole }) => <Json file={file} text={text} isWhole={isWhole} />}
    </WithBeginning>
  );
}

function Json({ file, text, isWhole }: { file: FileProps; text: string; isWhole: boolean }) {
  const [asked, setAsked] = useState<View>();
  const { value, problem } = useMemo(() => read(text, isWhole), [text, isWhole]);
  const table = useMemo(
    () => (value === undefined ? tableInBeginning(text) : tableIn(value)),
    [value, text],
  );
  const views: View[] = ["source"];
  if (value !== undefined) views.unshift("tree");
  if (table) views.unshift("table");
  const view = views.find((each) => each === asked) ?? views[0];
  return (
    <>
      {problem && <p className="pane-note">Not read as JSON: {problem}</p>}
      {views.length > 1 && (
        <div className="preview-bar">
          <Choice
            label="Show"
            value={view ?? "source"}
            options={views.map((each) => ({ value: each, label: LABELS[each] }))}
            onChange={setAsked}
          />
        </div>
      )}
      {view === "table" && table && (
        <LoggedTableBody
          columns={table.columns}
          rows={table.rows}
          isWhole={isWhole}
          run_id={file.run.info.run_id}
        />
      )}
      {view === "tree" && value !== undefined && (
        <Body kind="padded">
          <JsonTree value={value} />
        </Body>
      )}
      {view === "source" && <TextBody text={text.slice(0, MOST_SOURCE)} path={file.path} />}
    </>
  );
}

function read(text: string, isWhole: boolean): { value?: JsonValue; problem?: string } {
  if (!isWhole) return {};
  try {
    return { value: parseJson(text) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

interface LoggedTableBodyProps {
  columns: readonly string[];
  rows: readonly (readonly JsonValue[])[];
  isWhole: boolean;
  run_id: string;
}

function LoggedTableBody({ columns, rows, isWhole, run_id }: LoggedTableBodyProps) {
  const [most, setMost] = useState(ROWS_AT_ONCE);
  return (
    <DataTable
      columns={columns.map((name) => ({ name }))}
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
