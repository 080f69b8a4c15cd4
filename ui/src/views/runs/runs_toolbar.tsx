/** What stands above the runs: the filter, the columns, the panes, and what to do with a selection. */
import type { RefObject } from "react";
import type { ApiError } from "../../api/client";
import type { Census } from "../../data/column_facts";
import type { RunColumn } from "../../data/columns";
import type { Stage } from "../../data/experiments";
import { count } from "../../data/numbers";
import type { RunQuery } from "../../data/run_table";
import { useRunChanges } from "../../data/runs";
import type { TableLines } from "../../data/use_table_lines";
import { Button, Choice } from "../../widgets/button";
import { Icon } from "../../widgets/icons";
import { attempt, say } from "../../widgets/notices";
import { CompareButton } from "../comparison/compare_button";
import { ColumnPicker } from "./column_picker";
import { RunFilter } from "./run_filter";
import type { ChangeRuns, Panes, RunsState } from "./runs_state";

const STAGES: { value: Stage; label: string }[] = [
  { value: "ACTIVE_ONLY", label: "Active" },
  { value: "DELETED_ONLY", label: "Deleted" },
];
const LAYOUTS = [
  { value: "flat" as const, label: <Icon name="rows" />, hint: "All runs" },
  { value: "tree" as const, label: <Icon name="tree" />, hint: "Nested runs below their parents" },
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
  query: RunQuery;
  census: Census;
  usualIds: ReadonlySet<string>;
  arranged: readonly RunColumn[];
  lines: TableLines;
}

export function RunsToolbar(props: RunsToolbarProps) {
  const { state, change, lines } = props;
  const total = lines.total ?? 0;
  const nothing: ReadonlySet<string> = new Set();
  return (
    <div className="toolbar">
      <RunFilter
        experiment_id={props.query.experiment_id}
        field={props.field}
        applied={state.filter}
        asked={props.query.filter}
        problem={props.problem}
        census={props.census}
        onApply={(filter) => change({ filter, selected: nothing })}
      />
      {total > 0 && (
        <ColumnPicker
          census={props.census}
          usualIds={props.usualIds}
          arranged={props.arranged}
          shown={state.shown}
          hidden={state.hidden}
          onChange={(shown, hidden) => change({ shown, hidden })}
        />
      )}
      <Choice
        label="Stage"
        value={state.stage}
        options={STAGES}
        onChange={(stage) => change({ stage, selected: nothing })}
      />
      {total > 0 && (
        <Choice
          label="Layout"
          value={state.layout}
          options={LAYOUTS}
          onChange={(layout) => change({ layout, expanded: nothing })}
        />
      )}
      {total > 0 && (
        <Choice
          label="Panes"
          value={props.panes}
          options={props.isNarrow ? PANES.filter(({ value }) => value !== "both") : PANES}
          onChange={(panes) => change({ panes })}
        />
      )}
      {state.selected.size > 0 ? (
        <Selection state={state} change={change} />
      ) : (
        total > 0 && (
          <span className="count">
            {count(total)} {total === 1 ? "run" : "runs"}
          </span>
        )
      )}
    </div>
  );
}

function Selection({ state, change }: Pick<RunsToolbarProps, "state" | "change">) {
  const changes = useRunChanges();
  const ids = [...state.selected];
  const what = ids.length === 1 ? "1 run" : `${ids.length} runs`;
  const clear = () => change({ selected: new Set() });
  const remove = async () => {
    if (!(await attempt(`${what} not deleted`, () => changes.delete(ids)))) return;
    clear();
    say(`Deleted ${what}`, () => changes.restore(ids));
  };
  const restore = async () => {
    if (!(await attempt(`${what} not restored`, () => changes.restore(ids)))) return;
    clear();
    say(`Restored ${what}`, () => changes.delete(ids));
  };
  return (
    <span className="selection">
      <b>{ids.length}</b> selected
      <CompareButton run_ids={ids} />
      {state.stage === "DELETED_ONLY" ? (
        <Button icon="undo" onClick={() => void restore()}>
          Restore
        </Button>
      ) : (
        <Button icon="bin" onClick={() => void remove()}>
          Delete
        </Button>
      )}
      <Button tone="quiet" onClick={clear}>
        Clear
      </Button>
    </span>
  );
}
