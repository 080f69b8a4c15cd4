/** The stages while they are being edited: rows in order, each with where versions may go next. */
import type { StagePolicy } from "../../api/types.gen";
import { ARCHIVED, NO_STAGE, stagesOf } from "../../data/stages";

/** A stage in the making; `id` stays when the name changes. */
export interface StageRow {
  id: string;
  name: string;
  isProtected: boolean;
  isSelfApproved: boolean;
  /** The ids of the stages that a version may not go to from here. */
  closed: ReadonlySet<string>;
  /** New ones can still be named; others would lose their versions. */
  isNew: boolean;
}

/** Whether a stage is one of the two that always exist, first and last. */
export function isFixed({ name, isNew }: StageRow): boolean {
  return !isNew && (name === NO_STAGE || name === ARCHIVED);
}

/** The rows of a policy. */
export function rowsOf(policy: StagePolicy): StageRow[] {
  const stages = stagesOf(policy);
  return stages.map((stage) => ({
    id: stage.name,
    name: stage.name,
    isProtected: stage.protected ?? false,
    isSelfApproved: stage.self_approval ?? false,
    closed: new Set(
      stage.next_stages
        ? stages.map(({ name }) => name).filter((name) => !stage.next_stages?.includes(name))
        : [],
    ),
    isNew: false,
  }));
}

/** The policy that the rows describe; a stage from which all moves are open names none. */
export function policyOf(rows: readonly StageRow[], aliases: string): Required<StagePolicy> {
  return {
    stages: rows.map((row) => {
      const others = rows.filter(({ id }) => id !== row.id);
      const open = others.filter(({ id }) => !row.closed.has(id));
      return {
        name: row.name.trim(),
        protected: row.isProtected,
        self_approval: row.isProtected && row.isSelfApproved,
        ...(open.length < others.length
          ? { next_stages: open.map(({ name }) => name.trim()) }
          : {}),
      };
    }),
    protected_aliases: aliases
      .split(",")
      .map((alias) => alias.trim())
      .filter(Boolean),
  };
}

/** The rows with a new one before Archived. */
export function withNewStage(rows: readonly StageRow[]): StageRow[] {
  const taken = new Set(rows.map(({ id }) => id));
  let number = 1;
  while (taken.has(`new ${number}`)) number += 1;
  const row: StageRow = {
    id: `new ${number}`,
    name: "",
    isProtected: false,
    isSelfApproved: false,
    closed: new Set(),
    isNew: true,
  };
  return [...rows.slice(0, -1), row, ...rows.slice(-1)];
}

/** The rows with one moved up (-1) or down (1); the first and the last keep their places. */
export function withMoved(rows: readonly StageRow[], id: string, by: -1 | 1): StageRow[] {
  const from = rows.findIndex((row) => row.id === id);
  const to = from + by;
  const moved = rows[from];
  const other = rows[to];
  if (!moved || !other || isFixed(moved) || isFixed(other)) return [...rows];
  return rows.map((row, at) => (at === from ? other : at === to ? moved : row));
}

/** The rows with a move opened or closed. */
export function withMove(
  rows: readonly StageRow[],
  from: string,
  to: string,
  isOpen: boolean,
): StageRow[] {
  return rows.map((row) => {
    if (row.id !== from) return row;
    const closed = new Set(row.closed);
    if (isOpen) closed.delete(to);
    else closed.add(to);
    return { ...row, closed };
  });
}

/** Whether two policies say the same, whatever is left out because it is as usual. */
export function isSamePolicy(one: StagePolicy, other: StagePolicy): boolean {
  const plain = (policy: StagePolicy) =>
    JSON.stringify(policyOf(rowsOf(policy), (policy.protected_aliases ?? []).toSorted().join(",")));
  return plain(one) === plain(other);
}
