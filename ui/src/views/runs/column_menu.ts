/** What the menu of a column's heading offers. */
import { type Arrangement, arrange, moved, withPin } from "../../data/arrangement";
import type { RunColumn } from "../../data/columns";
import type { Scale } from "../../data/scales";
import type { MenuEntry } from "../../widgets/menu";
import { isGrouping, MOST_GROUPED_BY } from "./group_picker";
import type { ChangeRuns, RunsState } from "./runs_state";

interface ColumnMenuProps {
  column: RunColumn;
  /** All columns on show, in their usual order. */
  usual: readonly string[];
  /** Whether the range of its numbers is known, which colours need. */
  canScale: boolean;
  state: RunsState;
  change: ChangeRuns;
}

/** Sorting, colours, place and presence of a column. */
export function columnMenu(props: ColumnMenuProps): MenuEntry[] {
  return [
    ...sorting(props),
    ...grouping(props),
    ...scales(props),
    ...places(props),
    ...hiding(props),
  ];
}

function sorting({ column: { id }, state, change }: ColumnMenuProps): MenuEntry[] {
  const known = state.sorting.find((each) => each.id === id);
  const direction = (isDescending: boolean): MenuEntry => ({
    label: isDescending ? "Sort descending" : "Sort ascending",
    isChecked: known?.isDescending === isDescending,
    onSelect: () => change({ sorting: [{ id, isDescending }] }),
  });
  return [direction(false), direction(true)];
}

function grouping({ column: { id, group, key }, state, change }: ColumnMenuProps): MenuEntry[] {
  const { groupBy } = state;
  const isGrouped = state.layout === "groups";
  if (!isGrouping(group, key) || (isGrouped && groupBy.includes(id))) return [];
  if (isGrouped && groupBy.length >= MOST_GROUPED_BY) return [];
  const onSelect = () =>
    change({
      layout: "groups",
      groupBy: isGrouped ? [...groupBy, id] : [id],
      expanded: new Set(),
    });
  return [
    { label: isGrouped ? "Group by this, too" : "Group by this", startsGroup: true, onSelect },
  ];
}

const SCALES: [label: string, scale: Scale | undefined][] = [
  ["No colours", undefined],
  ["Colours: low is good", "low"],
  ["Colours: high is good", "high"],
];

function scales({ column: { id }, canScale, state, change }: ColumnMenuProps): MenuEntry[] {
  if (!canScale) return [];
  return SCALES.map(([label, scale], at) => ({
    label,
    startsGroup: at === 0,
    isChecked: state.scales[id] === scale,
    onSelect: () => {
      const { [id]: _, ...others } = state.scales;
      change({ scales: scale ? { ...others, [id]: scale } : others });
    },
  }));
}

function places({ column: { id }, usual, state, change }: ColumnMenuProps): MenuEntry[] {
  const { arrangement } = state;
  const isPinned = arrangement.pinned.includes(id);
  const ids = arrange(usual, arrangement);
  const at = ids.indexOf(id);
  const to = (next: Arrangement) => change({ arrangement: next });
  const entries: MenuEntry[] = [
    {
      label: isPinned ? "Unpin" : "Pin to the left",
      startsGroup: true,
      onSelect: () => to(withPin(arrangement, id, !isPinned)),
    },
  ];
  if (at > 0) {
    const before = ids[at - 1];
    entries.push({
      label: "Move left",
      onSelect: () => to(moved(usual, arrangement, id, before)),
    });
  }
  if (at >= 0 && at < ids.length - 1) {
    const before = ids[at + 2];
    entries.push({
      label: "Move right",
      onSelect: () => to(moved(usual, arrangement, id, before)),
    });
  }
  return entries;
}

function hiding({ column: { id }, state, change }: ColumnMenuProps): MenuEntry[] {
  const hide = () => {
    const shown = new Set(state.shown);
    if (shown.delete(id)) change({ shown });
    else change({ hidden: new Set([...state.hidden, id]) });
  };
  return [{ label: "Hide", startsGroup: true, onSelect: hide }];
}
