/** Changes after which what is on screen is asked for again. */
import { useQueryClient } from "@tanstack/react-query";

/** Waits for a change and then refreshes what was asked under `key`, also if the change failed. */
export function useFollow(key: string): <Answer>(change: Promise<Answer>) => Promise<Answer> {
  const client = useQueryClient();
  return async (change) => {
    try {
      return await change;
    } finally {
      await client.invalidateQueries({ queryKey: [key] });
    }
  };
}
