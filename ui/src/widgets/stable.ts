/** A function that keeps its identity while its body sees the latest state. */
import { useCallback, useLayoutEffect, useRef } from "react";

/** For handlers given to memoised components; not to be called while drawing. */
export function useStable<Arguments extends unknown[], Result>(
  body: (...given: Arguments) => Result,
): (...given: Arguments) => Result {
  const latest = useRef(body);
  useLayoutEffect(() => {
    latest.current = body;
  });
  return useCallback((...given: Arguments) => latest.current(...given), []);
}
