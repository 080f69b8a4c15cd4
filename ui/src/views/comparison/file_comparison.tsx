/** One path in the runs that have a file there: two of them line by line, or all side by side. */
import type { Run } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { fileKind } from "../../data/file_kinds";
import type { SharedFile } from "../../data/shared_files";
import { Choice } from "../../widgets/button";
import { FilePreview } from "../artifacts/file_preview";
import { type ComparedRuns, nameOf, RunName } from "./compared_run";
import { FileDifference } from "./file_difference";

const TEXTS = new Set(["text", "json", "markdown", "delimited", "html", "model", "notebook"]);
const WAYS = [
  { value: "lines" as const, label: "Lines" },
  { value: "side" as const, label: "Side by side" },
];

interface FileComparisonProps extends ComparedRuns {
  file: SharedFile;
}

export function FileComparison({ file, runs, runColour, state, change }: FileComparisonProps) {
  const { query } = useAddress();
  const holders = runs.filter((run) => file.run_ids.includes(run.info.run_id));
  const isText = TEXTS.has(fileKind(file.path)) && holders.length > 1;
  const way = isText && query.get("files") !== "side" ? "lines" : "side";
  const chosen = (run_id: string | undefined, place: number): Run | undefined =>
    holders.find((run) => run.info.run_id === run_id) ?? holders[place];
  const left = chosen(state.left, 0);
  const right = chosen(state.right, 1);
  return (
    <>
      <div className="toolbar">
        {isText && (
          <Choice
            label="Way"
            value={way}
            options={WAYS}
            onChange={(to) => changeQuery({ files: to === "side" ? "side" : "" })}
          />
        )}
        {way === "lines" && (
          <span className="compared-pair">
            <RunChoice
              label="Before"
              runs={holders}
              value={left}
              onChange={(to) => change({ left: to })}
            />
            <span className="faint">against</span>
            <RunChoice
              label="After"
              runs={holders}
              value={right}
              onChange={(to) => change({ right: to })}
            />
          </span>
        )}
        {way === "side" && (
          <span className="count">
            {holders.length} of {runs.length} runs have it
          </span>
        )}
      </div>
      {way === "lines" && left && right && (
        <FileDifference path={file.path} left={left.info.run_id} right={right.info.run_id} />
      )}
      {way === "side" && (
        <div className="side-by-side">
          {holders.map((run) => (
            <article key={run.info.run_id} aria-label={nameOf(run)}>
              <h3>
                <RunName run={run} colour={runColour.get(run.info.run_id)} />
              </h3>
              <FilePreview run={run} path={file.path} />
            </article>
          ))}
        </div>
      )}
    </>
  );
}

interface RunChoiceProps {
  label: string;
  runs: readonly Run[];
  value: Run | undefined;
  onChange: (run_id: string) => void;
}

function RunChoice({ label, runs, value, onChange }: RunChoiceProps) {
  return (
    <select
      className="field"
      aria-label={label}
      value={value?.info.run_id}
      onChange={(event) => onChange(event.target.value)}
    >
      {runs.map((run) => (
        <option key={run.info.run_id} value={run.info.run_id}>
          {nameOf(run)}
        </option>
      ))}
    </select>
  );
}
