/** The panel in which the columns are chosen by which runs are grouped. */
import { useState } from "react";
import type { Census } from "../../data/column_facts";
import { fullLabelOf, GROUP_LABELS, type Group } from "../../data/columns";
import { Button } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";
import { Popover } from "../../widgets/menu";
import type { ChangeRuns, RunsState } from "./runs_state";

/** The server groups by at most so many columns. */
export const MOST_GROUPED_BY = 3;
const MOST_LISTED = 100;
/** Times and ids make a group of each run. */
const USELESS = new Set(["start_time", "end_time", "duration", "run_id"]);

/** Whether runs can be grouped by a column with some use. */
export function isGrouping(group: Group, key: string): boolean {
  return group !== "min" && group !== "max" && !(group === "attributes" && USELESS.has(key));
}

interface GroupPickerProps {
  census: Census;
  state: RunsState;
  change: ChangeRuns;
}

export function GroupPicker({ census, state, change }: GroupPickerProps) {
  const known = new Map(census.columns.map((column) => [column.id, column]));
  const names = state.groupBy.map((id) => {
    const column = known.get(id);
    return column ? fullLabelOf(column) : id;
  });
  return (
    <Popover
      align="start"
      button={
        <Button icon="groups" title="Group by" className="group-button">
          <span className="ellipsis">{names.length > 0 ? names.join(", ") : "Choose columns"}</span>
        </Button>
      }
    >
      <Panel census={census} state={state} change={change} />
    </Popover>
  );
}

function Panel({ census, state, change }: GroupPickerProps) {
  const [text, setText] = useState("");
  const { groupBy } = state;
  const wanted = text.toLowerCase();
  const found = census.columns.filter((column) => {
    const { group, key } = column;
    if (!isGrouping(group, key)) return false;
    return `${GROUP_LABELS[group]}.${fullLabelOf(column)}`.toLowerCase().includes(wanted);
  });
  // Params and tags are what runs are usually grouped by.
  const rank = (id: string) => (groupBy.includes(id) ? 0 : /^(params|tags)/.test(id) ? 1 : 2);
  found.sort((a, b) => rank(a.id) - rank(b.id));
  const toggle = (id: string, isOn: boolean) => {
    const others = groupBy.filter((each) => each !== id);
    change({ groupBy: isOn ? [...others, id] : others, expanded: new Set() });
  };
  return (
    <div className="column-picker">
      <SearchField label="Find columns" value={text} onChange={setText} />
      <div className="column-list">
        {found.slice(0, MOST_LISTED).map((column) => (
          <label key={column.id} title={fullLabelOf(column)}>
            <input
              type="checkbox"
              checked={groupBy.includes(column.id)}
              disabled={!groupBy.includes(column.id) && groupBy.length >= MOST_GROUPED_BY}
              onChange={(event) => toggle(column.id, event.target.checked)}
            />
            <span className="ellipsis">{fullLabelOf(column)}</span>
            <span className="faint push">{GROUP_LABELS[column.group]}</span>
          </label>
        ))}
        {found.length === 0 && <p className="faint">No column has this in its name</p>}
      </div>
      <p className="faint">Up to {MOST_GROUPED_BY} columns</p>
    </div>
  );
}
