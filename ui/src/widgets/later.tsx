/** Parts of the program that are fetched when they are first drawn. */
import { type ComponentType, type ReactNode, useEffect, useState } from "react";

/** A component that can be asked for before it is drawn. */
export type LaterComponent<Props> = ComponentType<Props> & {
  /** Fetches it; once that is done it is drawn at once. Rejects with the error of the fetch. */
  load: () => Promise<unknown>;
};

/**
 * A component whose code comes by itself; `waiting` is drawn meanwhile, and an error of the fetch
 * is thrown, for an error boundary to show.
 *
 * React's own `lazy` would hold what has arrived back for 300 ms after `waiting` was drawn.
 */
export function later<Props extends object>(
  fetchPart: () => Promise<ComponentType<Props>>,
  waiting: ReactNode | ((props: Props) => ReactNode),
): LaterComponent<Props> {
  let found: ComponentType<Props> | undefined;
  const load = async () => {
    found = await fetchPart();
    return found;
  };
  function Later(props: Props) {
    const [arrived, setArrived] = useState(() => ({ Part: found }));
    const [failure, setFailure] = useState<{ error: unknown }>();
    const { Part } = arrived;
    useEffect(() => {
      if (Part) return;
      let isShown = true;
      load().then(
        (loaded) => isShown && setArrived({ Part: loaded }),
        (error: unknown) => isShown && setFailure({ error }),
      );
      return () => {
        isShown = false;
      };
    }, [Part]);
    if (failure) throw failure.error;
    if (Part) return <Part {...props} />;
    return typeof waiting === "function" ? waiting(props) : waiting;
  }
  return Object.assign(Later, { load });
}
