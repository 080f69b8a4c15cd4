/** What this page removes for good, so that nobody asks again for what is no more. */

const underWay = new Set<Promise<unknown>>();
/** In ms; whoever removed what a page is about leaves that page. */
const LEAVING = 100;

/** Tells that something is being removed until the promise has come true, or failed. */
export function removing<Answer>(removal: Promise<Answer>): Promise<Answer> {
  underWay.add(removal);
  const forget = () => underWay.delete(removal);
  removal.then(forget, forget);
  return removal;
}

/** Waits while this page removes something, and for it to be left. */
export async function whenRemoved(): Promise<void> {
  if (underWay.size === 0) return;
  await Promise.allSettled(underWay);
  await new Promise((resolve) => setTimeout(resolve, LEAVING));
}
