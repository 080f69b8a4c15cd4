/** Which lines of a long list are in sight, and which will be next. */

/** The first and the last line in sight. */
export interface Sight {
  first: number;
  last: number;
}

/** So many lines are looked ahead: three quarters of a page of the table. */
const AHEAD = 150;

/** What is in sight, and what will be if the scrolling goes on as it went. */
export function lookAhead(before: Sight, now: Sight): Sight {
  if (now.first > before.first) return { first: now.first, last: now.last + AHEAD };
  if (now.first < before.first) return { first: Math.max(0, now.first - AHEAD), last: now.last };
  return now;
}
