/** The title of the browser's tab. */
import { useEffect } from "react";

/** The parts, from the page's own to what it is part of. */
export function useTitle(...parts: string[]): void {
  const title = [...parts, "Millstream"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
