/** What a file shows, scrolled in its own place. */
import type { ReactNode } from "react";

interface BodyProps {
  /** Further classes: `padded` for texts, `wrapped` for lines that are broken at the edge. */
  kind?: string;
  children: ReactNode;
}

export function Body({ kind = "", children }: BodyProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll
    <section className={`preview-body ${kind}`} aria-label="Content" tabIndex={0}>
      {children}
    </section>
  );
}
