/** What this page removes for good, so that nobody asks again for what is no more. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** Whether a question is about what was removed. */
export type IsGone = (key: QueryKey) => boolean;

const underWay = new Set<Promise<unknown>>();
const gone = new Set<IsGone>();

/** Tells that something is being removed until the promise has come true, or failed. */
export function removing<Answer>(removal: Promise<Answer>, isGone: IsGone): Promise<Answer> {
  underWay.add(removal);
  const forget = () => underWay.delete(removal);
  removal.then(() => {
    gone.add(isGone);
    forget();
  }, forget);
  return removal;
}

/** Waits while this page removes something; tells then which questions are about what is gone.
 *
 * Whoever removed what a page is about leaves that page; what is made anew is asked for again.
 */
export async function whenRemoved(client: QueryClient): Promise<IsGone> {
  await Promise.allSettled(underWay);
  const cache = client.getQueryCache();
  for (const isGone of gone) {
    const onScreen = cache.findAll({
      type: "active",
      predicate: (query) => isGone(query.queryKey),
    });
    if (onScreen.length === 0) gone.delete(isGone);
  }
  return (key) => [...gone].some((isGone) => isGone(key));
}
