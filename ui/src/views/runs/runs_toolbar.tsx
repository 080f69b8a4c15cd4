/** What stands above the runs: the filter, the layout, the columns, the panes, the selection. */
import type { RefObject } from "react";
import type { ApiError } from "../../api/client";
import type { Census } from "../../data/column_facts";
import type { RunColumn } from "../../data/columns";
import type { Stage } from "../../data/experiments";
import { count } from "../../data/numbers";
import type { LinesQuery, RunLayout, TableLines } from "../../data/use_table_lines";
import { Choice } from "../../widgets/button";
import { Icon, type IconName } from "../../widgets/icons";
import type { MenuEntry } from "../../widgets/menu";
import { usePageEntries } from "../../widgets/page_menu";
import { ColumnPicker } from "./column_picker";
import { ExportMenu } from "./export_menu";
import { GroupPicker } from "./group_picker";
import { RunFilter } from "./run_filter";
import { RunsSelection } from "./runs_selection";
import type { ChangeRuns, Panes, RunsState, SelectionFacts } from "./runs_state";
import { StatusChips } from "./status_chips";

const STAGES: { value: Stage; label: string; hint: string }[] = [
  { value: "ACTIVE_ONLY", label: "Active", hint: "Runs that are not deleted" },
  { value: "DELETED_ONLY", label: "Deleted", hint: "Deleted runs" },
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
  selection: SelectionFacts;
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
  const setStage = (stage: Stage) => change({ stage, selected: nothing });
  const setLayout = (layout: RunLayout) => change({ layout, expanded: nothing });
  const setPanes = (panes: Panes) => change({ panes });
  const panes = props.isNarrow ? PANES.filter(({ value }) => value !== "both") : PANES;
  usePageEntries([
    ...(hasRows ? others("rows", LAYOUTS, state.layout, setLayout) : []),
    ...(hasRows ? others("split", panes, props.panes, setPanes) : []),
    ...others("filter", STAGES, state.stage, setStage),
  ]);
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
        <Choice label="Stage" value={state.stage} options={STAGES} onChange={setStage} />
      </div>
      {hasRows && (
        <div className="toolbar runs-tools">
          <Choice label="Layout" value={state.layout} options={LAYOUTS} onChange={setLayout} />
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
          <Choice label="Panes" value={props.panes} options={panes} onChange={setPanes} />
          {state.selected.size > 0 ? (
            <RunsSelection
              experiment_id={experiment_id}
              census={props.census}
              state={state}
              change={change}
              isLeftOut={props.selection.isLeftOut}
            />
          ) : props.selection.isComing || props.selection.error ? (
            <ComingSelection {...props.selection} />
          ) : (
            <Count lines={props.lines} query={query} />
          )}
        </div>
      )}
    </>
  );
}

/** The choices that are not made, for the palette. */
function others<Value extends string>(
  icon: IconName,
  options: readonly { value: Value; hint: string }[],
  chosen: Value,
  choose: (value: Value) => void,
): MenuEntry[] {
  const rest = options.filter(({ value }) => value !== chosen);
  return rest.map(({ value, hint }) => ({
    label: `Show ${hint[0]?.toLowerCase()}${hint.slice(1)}`,
    icon,
    onSelect: () => choose(value),
  }));
}

/** A selection of all that match, before it is known which these are. */
function ComingSelection({ error }: SelectionFacts) {
  if (!error) return <span className="count">Selecting all that match…</span>;
  return <span className="count bad-text">Nothing is selected: {error.message}</span>;
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
