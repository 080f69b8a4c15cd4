/** The menu of what can be done on a page; the palette offers the same. */
import { type ComponentProps, type ReactElement, useEffect, useRef } from "react";
import { Menu, type MenuEntry } from "./menu";

let current: { entries: readonly MenuEntry[] } | undefined;

/** What can be done on the page that is open just now. */
export function pageEntries(): readonly MenuEntry[] {
  return current?.entries ?? [];
}

interface PageMenuProps {
  button: ReactElement<ComponentProps<"button">>;
  entries: readonly MenuEntry[];
}

/** A page has one; it stands in its head. */
export function PageMenu({ button, entries }: PageMenuProps) {
  const own = useRef({ entries });
  useEffect(() => {
    own.current.entries = entries;
  });
  useEffect(() => {
    const shown = own.current;
    current = shown;
    return () => {
      if (current === shown) current = undefined;
    };
  }, []);
  return <Menu button={button} entries={entries} />;
}
