/** What stands above the runs: the filter, the columns, the panes, and what to do with a selection. */
import type { RefObject } from "react";
import type { RunColumn, RunRow, Survey } from "../../data/columns";
import type { Stage } from "../../data/experiments";
import { useRunChanges } from "../../data/runs";
import { Button, Choice } from "../../widgets/button";
import { FilterBox } from "../../widgets/filter_box";
import { Icon } from "../../widgets/icons";
import { attempt, say } from "../../widgets/notices";
import { CompareButton } from "../comparison/compare_button";
import { ColumnPicker } from "./column_picker";
import type { Panes, RunsState } from "./runs_state";

const STAGES: { value: Stage; label: string }[] = [
  { value: "ACTIVE_ONLY", label: "Active" },
  { value: "DELETED_ONLY", label: "Deleted" },
];
const PANES = [
  { value: "table" as const, label: <Icon name="table" />, hint: "Table" },
  { value: "both" as const, label: <Icon name="split" />, hint: "Table and charts" },
  { value: "charts" as const, label: <Icon name="chart" />, hint: "Charts" },
];

interface RunsToolbarProps {
  field: RefObject<HTMLInputElement | null>;
  state: RunsState;
  change: (changes: Partial<RunsState>) => void;
  panes: Panes;
  isNarrow: boolean;
  problem: string | undefined;
  survey: Survey;
  all: readonly RunColumn[];
  chosen: readonly RunColumn[];
  rows: readonly RunRow[];
  hasMore: boolean;
}

export function RunsToolbar(props: RunsToolbarProps) {
  const { state, change, rows } = props;
  const nothing: ReadonlySet<string> = new Set();
  return (
    <div className="toolbar">
      <FilterBox
        field={props.field}
        applied={state.filter}
        problem={props.problem}
        onApply={(filter) => change({ filter, selected: nothing })}
      />
      {rows.length > 0 && (
        <ColumnPicker
          survey={props.survey}
          all={props.all}
          chosen={props.chosen}
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
      {rows.length > 0 && (
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
        rows.length > 0 && (
          <span className="count">
            {rows.length}
            {props.hasMore && "+"} {rows.length === 1 ? "run" : "runs"}
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
