/** What the menu of a line offers: its run's actions, or filters that follow from a cell. */
import { goTo, places } from "../../data/address";
import { columnId, NAME_COLUMN } from "../../data/columns";
import { allOf, runFilter } from "../../data/language";
import { useMay } from "../../data/permissions";
import { groupValues } from "../../data/run_groups";
import { basicsOf, type GroupLine, type Line, type RunLine } from "../../data/table_lines";
import type { LinesQuery } from "../../data/use_table_lines";
import type { MenuEntry } from "../../widgets/menu";
import { attempt } from "../../widgets/notices";
import { copyText, filterClauses, quickFilters, valueFor } from "./cell_menu";
import { useRunActions } from "./run_actions";
import type { ChangeRuns, RunsState } from "./runs_state";

interface LineMenuProps {
  experiment_id: string;
  query: LinesQuery;
  state: RunsState;
  change: ChangeRuns;
  /** Begins to change the name of a run. */
  onRename: (run_id: string) => void;
}

/** The menu of a line, asked in one of its cells or of it as a whole. */
export function useLineMenu(props: LineMenuProps) {
  const actions = useRunActions();
  const resource = { resource_type: "experiment", resource_id: props.experiment_id } as const;
  const may = { edit: useMay(resource, "EDIT"), manage: useMay(resource, "MANAGE") };
  return (line: Line, column: string | undefined): MenuEntry[] => {
    if (line.kind === "group") return groupMenu(line, props);
    const filters = column === undefined ? [] : cellEntries(line, column, props);
    return [...filters, ...runEntries(line, props, actions, may)];
  };
}

function cellEntries(line: RunLine, column: string, { state, change }: LineMenuProps) {
  const value = valueFor(line, column);
  if (value === null) return [];
  const entries = quickFilters(column, value, state.filter, (filter) =>
    change({ filter, selected: new Set() }),
  );
  const text = copyText(value);
  if (text !== undefined) {
    entries.push({
      label: column === NAME_COLUMN ? "Copy name" : "Copy value",
      icon: "copy",
      onSelect: () => void copy(text),
    });
  }
  return entries;
}

function runEntries(
  line: RunLine,
  { experiment_id, state, onRename }: LineMenuProps,
  actions: ReturnType<typeof useRunActions>,
  may: { edit: boolean; manage: boolean },
): MenuEntry[] {
  const { lifecycle_stage } = basicsOf(line);
  const isDeleted = lifecycle_stage === "deleted" || state.stage === "DELETED_ONLY";
  const open: MenuEntry = {
    label: "Open",
    icon: "forward",
    startsGroup: true,
    onSelect: () => goTo(places.run(experiment_id, line.id)),
  };
  const id: MenuEntry = { label: "Copy run ID", icon: "copy", onSelect: () => void copy(line.id) };
  const entries = [open];
  if (may.edit && !isDeleted) {
    entries.push({ label: "Rename", icon: "pencil", onSelect: () => onRename(line.id) });
  }
  entries.push(id);
  if (may.manage) {
    entries.push(
      isDeleted
        ? { label: "Restore", icon: "undo", onSelect: () => void actions.restore([line.id]) }
        : { label: "Delete", icon: "bin", onSelect: () => void actions.delete([line.id]) },
    );
  }
  return entries;
}

/** Narrows the view to the runs of a group. */
function groupMenu(line: GroupLine, { query, state, change }: LineMenuProps): MenuEntry[] {
  const values = groupValues(line.id);
  const clauses = query.grouping.by.flatMap(
    (column, at) => filterClauses(columnId(column), values[at])[0] ?? [],
  );
  if (clauses.length < values.length) return [];
  return [
    {
      label: "Only the runs of this group",
      icon: "filter",
      onSelect: () =>
        change({
          filter: allOf([runFilter(state.filter), ...clauses]),
          layout: "flat",
          expanded: new Set(),
        }),
    },
  ];
}

async function copy(text: string): Promise<void> {
  await attempt("Nothing was copied", () => navigator.clipboard.writeText(text));
}
