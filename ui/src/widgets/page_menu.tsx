/** The menu of what can be done on a page; the palette offers the same. */
import { type ComponentProps, type ReactElement, useEffect, useRef } from "react";
import { Menu, type MenuEntry } from "./menu";

interface Offer {
  entries: readonly MenuEntry[];
}

const offers = new Set<Offer>();

/** What can be done on the page that is open just now; what was offered last comes first. */
export function pageEntries(): readonly MenuEntry[] {
  return [...offers].reverse().flatMap(({ entries }) => entries);
}

/** Has the palette offer entries as long as the caller is on the page. */
export function usePageEntries(entries: readonly MenuEntry[]): void {
  const own = useRef<Offer>({ entries });
  useEffect(() => {
    own.current.entries = entries;
  });
  useEffect(() => {
    const offer = own.current;
    offers.add(offer);
    return () => {
      offers.delete(offer);
    };
  }, []);
}

interface PageMenuProps {
  button: ReactElement<ComponentProps<"button">>;
  entries: readonly MenuEntry[];
}

/** A page has one; it stands in its head. */
export function PageMenu({ button, entries }: PageMenuProps) {
  usePageEntries(entries);
  return <Menu button={button} entries={entries} />;
}
