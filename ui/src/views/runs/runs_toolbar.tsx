/** What stands above the runs: the filter, the layout, the columns, the panes, the selection. */
import type { RefObject } from "react";
import type { ApiError } from "../../api/client";
import type { Census } from "../../data/column_facts";
import type { RunColumn } from "../../data/columns";
import type { Stage } from "../../data/experiments";
import { count } from "../../data/numbers";
import type { LinesQuery, TableLines } from "../../data/use_table_lines";
import { Choice } from "../../widgets/button";
import { Icon } from "../../widgets/icons";
import { ColumnPicker } from "./column_picker";
import { ExportMenu } from "./export_menu";
import { GroupPicker } from "./group_picker";
import { RunFilter } from "./run_filter";
import { RunsSelection } from "./runs_selection";
import type { ChangeRuns, Panes, RunsState } from "./runs_state";
import { StatusChips } from "./status_chips";

const STAGES: { value: Stage; label: string }[] = [
  { value: "ACTIVE_ONLY", label: "Active" },
  { value: "DELETED_ONLY", label: "Deleted" },
];
const LAYOUTS = [
  { value: "flat" as const, label: <Icon name="rows" />, hint: "All runs" },
  { value: "tree" as const, label: <Icon name="tree" />, hint: "Nested runs below their parents" },
  { value: "groups" as const, label: <Icon name="groups" />, hint: "Groups of runs" },
];
const PANES = [
  { value: "table" as const, label: <Icon name="table" />, hint: "Table" },
  { value: "both" as const, label: <Icon name="split" />, hint: "Table and charts" },
  { value: "charts" as const, label: <Icon name="chart" />, hint: "Charts" },
];

interface RunsToolbarProps {
  field: RefObject<HTMLInputElement | null>;
  state: RunsState;
  change: ChangeRuns;
  panes: Panes;
  isNarrow: boolean;
  problem: ApiError | undefined;
  query: LinesQuery;
  census: Census;
  usualIds: ReadonlySet<string>;
  arranged: readonly RunColumn[];
  lines: TableLines;
}

export function RunsToolbar(props: RunsToolbarProps) {
  const { state, change, query } = props;
  const { experiment_id } = query.runs;
  const hasRows = (props.lines.total ?? 0) > 0;
  const nothing: ReadonlySet<string> = new Set();
  return (
    <>
      <div className="toolbar runs-filter">
        <RunFilter
          experiment_id={experiment_id}
          field={props.field}
          applied={state.filter}
          asked={query.runs.filter}
          problem={props.problem}
          census={props.census}
          onApply={(filter) => change({ filter, selected: nothing })}
        />
        <StatusChips
          chosen={state.statuses}
          onChange={(statuses) => change({ statuses, selected: nothing })}
        />
        <Choice
          label="Stage"
          value={state.stage}
          options={STAGES}
          onChange={(stage) => change({ stage, selected: nothing })}
        />
      </div>
      {hasRows && (
        <div className="toolbar runs-tools">
          <Choice
            label="Layout"
            value={state.layout}
            options={LAYOUTS}
            onChange={(layout) => change({ layout, expanded: nothing })}
          />
          {state.layout === "groups" && (
            <GroupPicker census={props.census} state={state} change={change} />
          )}
          <ColumnPicker
            census={props.census}
            usualIds={props.usualIds}
            arranged={props.arranged}
            shown={state.shown}
            hidden={state.hidden}
            onChange={(shown, hidden) => change({ shown, hidden })}
          />
          <ExportMenu query={query.runs} arranged={props.arranged} selected={state.selected} />
          <Choice
            label="Panes"
            value={props.panes}
            options={props.isNarrow ? PANES.filter(({ value }) => value !== "both") : PANES}
            onChange={(panes) => change({ panes })}
          />
          {state.selected.size > 0 ? (
            <RunsSelection
              experiment_id={experiment_id}
              census={props.census}
              state={state}
              change={change}
            />
          ) : (
            <Count lines={props.lines} query={query} />
          )}
        </div>
      )}
    </>
  );
}

function Count({ lines, query }: Pick<RunsToolbarProps, "lines" | "query">) {
  const runs = lines.runs ?? 0;
  const total = lines.total ?? 0;
  const noun = query.layout === "tree" ? "at the top" : "";
  return (
    <span className="count">
      {count(runs)} {runs === 1 ? "run" : "runs"} {noun}
      {query.layout === "groups" && ` in ${count(total)} ${total === 1 ? "group" : "groups"}`}
    </span>
  );
}
