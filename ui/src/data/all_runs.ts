/** All runs of a view, one page after the other. */
import type { RunTable } from "../api/types.gen";
import { allOf, quoted } from "./language";
import { fetchRuns, type RunQuery } from "./run_table";

/** The most rows that the server gives at once. */
const MOST_ROWS = 1_000;
/** Above so many the ids would make the filter longer than the server reads. */
const MOST_NAMED = 500;

/** The matches in their order, from `first` to before `end`; each run once, even if rows move meanwhile. */
export async function* pagesOfRuns(
  query: RunQuery,
  first = 0,
  end = Number.POSITIVE_INFINITY,
): AsyncGenerator<RunTable> {
  let total = end;
  for (let offset = first; offset < Math.min(end, total); ) {
    const table = await fetchRuns(query, {}, offset, Math.min(MOST_ROWS, end - offset));
    total = table.total;
    if (table.run_ids.length === 0) return;
    offset += table.run_ids.length;
    yield table;
  }
}

/** The query narrowed to some runs, where they are few enough to be named. */
export function queryOf(query: RunQuery, run_ids: ReadonlySet<string>): RunQuery {
  if (run_ids.size === 0 || run_ids.size > MOST_NAMED) return query;
  const named = `attributes.run_id IN (${[...run_ids].map(quoted).join(", ")})`;
  return { ...query, filter: allOf([query.filter, named]) };
}

/** The ids of the matches from `first` to before `end`. */
export async function idsBetween(query: RunQuery, first: number, end: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const table of pagesOfRuns({ ...query, columns: [] }, first, end)) {
    ids.push(...table.run_ids);
  }
  return ids;
}
