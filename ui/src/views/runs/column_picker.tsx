/** The panel in which columns are shown and hidden. */
import { useState } from "react";
import type { Census } from "../../data/column_facts";
import { GROUP_LABELS, GROUPS, labelOf, type RunColumn } from "../../data/columns";
import { count } from "../../data/numbers";
import { Button } from "../../widgets/button";
import { SearchField } from "../../widgets/fields";
import { Popover } from "../../widgets/menu";

const MOST_LISTED = 200;

interface ColumnPickerProps {
  census: Census;
  /** The columns shown unless someone says otherwise. */
  usualIds: ReadonlySet<string>;
  arranged: readonly RunColumn[];
  shown: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  onChange: (shown: ReadonlySet<string>, hidden: ReadonlySet<string>) => void;
}

export function ColumnPicker(props: ColumnPickerProps) {
  const { arranged } = props;
  // The ends of metrics are columns on request: counting them would say that most is hidden.
  const all = props.census.columns.filter(({ group }) => group !== "min" && group !== "max");
  return (
    <Popover
      align="start"
      button={
        <Button
          icon="columns"
          title="Columns"
          aria-label={`Columns: ${count(arranged.length)} / ${count(all.length)} shown`}
        >
          {count(arranged.length)} <span className="faint">/ {count(all.length)}</span>
        </Button>
      }
    >
      <Panel {...props} />
    </Popover>
  );
}

function Panel({ census, usualIds, arranged, shown, hidden, onChange }: ColumnPickerProps) {
  const [text, setText] = useState("");
  const wanted = text.toLowerCase();
  const found = census.columns.filter((column) =>
    `${GROUP_LABELS[column.group]}.${column.group}.${labelOf(column)}`
      .toLowerCase()
      .includes(wanted),
  );
  const listed = found.slice(0, MOST_LISTED);
  const visible = new Set(arranged.map((column) => column.id));

  const setAll = (columns: readonly RunColumn[], isOn: boolean) => {
    const on = new Set(shown);
    const off = new Set(hidden);
    for (const column of columns) {
      on.delete(column.id);
      off.delete(column.id);
      if (usualIds.has(column.id) === isOn) continue;
      (isOn ? on : off).add(column.id);
    }
    onChange(on, off);
  };

  return (
    <div className="column-picker">
      <SearchField label="Find columns" value={text} onChange={setText} />
      <div className="row-of-buttons">
        <Button tone="quiet" onClick={() => onChange(new Set(), new Set())}>
          What differs
        </Button>
        <Button tone="quiet" onClick={() => setAll(found, true)}>
          All
        </Button>
        <Button tone="quiet" onClick={() => setAll(found, false)}>
          None
        </Button>
      </div>
      <div className="column-list">
        {GROUPS.map((group) => {
          const columns = listed.filter((column) => column.group === group);
          if (columns.length === 0) return null;
          return (
            <fieldset key={group}>
              <legend>{GROUP_LABELS[group]}</legend>
              {columns.map((column) => (
                <label key={column.id} title={labelOf(column)}>
                  <input
                    type="checkbox"
                    checked={visible.has(column.id)}
                    onChange={(event) => setAll([column], event.target.checked)}
                  />
                  <span className="ellipsis">{labelOf(column)}</span>
                </label>
              ))}
            </fieldset>
          );
        })}
        {found.length === 0 && <p className="faint">No column has this in its name</p>}
        {found.length > listed.length && (
          <p className="faint">{count(found.length - listed.length)} more: type to narrow</p>
        )}
      </div>
    </div>
  );
}
