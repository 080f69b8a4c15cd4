/** One fact in the head of a page. */
import type { ReactNode } from "react";

/** A name and what it is; stands in a list of class `head-facts`. */
export function HeadFact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
