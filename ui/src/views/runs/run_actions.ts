/** What can be done with runs, one or many, and undone for ten seconds. */
import { useRunChanges } from "../../data/runs";
import { attempt, say } from "../../widgets/notices";

/** How many runs, in words. */
export function countOf(run_ids: readonly string[]): string {
  return run_ids.length === 1 ? "1 run" : `${run_ids.length} runs`;
}

/** Each action says what it did, or why it could not, and answers whether it worked. */
export function useRunActions() {
  const changes = useRunChanges();
  return {
    rename: async (run_id: string, before: string, name: string) => {
      if (!(await attempt("The run was not renamed", () => changes.rename(run_id, name)))) return;
      say(`Renamed “${before}” to “${name}”`, () => changes.rename(run_id, before));
    },
    delete: async (run_ids: readonly string[]) => {
      const what = countOf(run_ids);
      const isDone = await attempt(`${what} not deleted`, () => changes.delete(run_ids));
      if (isDone) say(`Deleted ${what}`, () => changes.restore(run_ids));
      return isDone;
    },
    restore: async (run_ids: readonly string[]) => {
      const what = countOf(run_ids);
      const isDone = await attempt(`${what} not restored`, () => changes.restore(run_ids));
      if (isDone) say(`Restored ${what}`, () => changes.delete(run_ids));
      return isDone;
    },
  };
}
