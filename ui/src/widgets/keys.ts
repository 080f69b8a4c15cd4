/** Keys that work anywhere on the page, but not while someone is typing or a dialog is open. */
import { useLayoutEffect, useRef } from "react";

export type KeyActions = Record<string, (event: KeyboardEvent) => void>;

const WAIT_FOR_SECOND = 1_000;

/** Listens as long as the component lives. Names are `j`, `?`, `Ctrl+k`, `g e` (one after another). */
export function useKeys(actions: KeyActions): void {
  const current = useRef(actions);
  // Before the page is seen: whoever sees it may press a key at once.
  useLayoutEffect(() => {
    current.current = actions;
  });
  useLayoutEffect(() => {
    let first = "";
    let firstAt = 0;
    const pressed = (event: KeyboardEvent) => {
      const withModifier = event.ctrlKey || event.metaKey;
      if (event.altKey || (!withModifier && isBusy(event.target))) return;
      const key = withModifier ? `Ctrl+${event.key.toLowerCase()}` : event.key;
      const pair = Date.now() - firstAt < WAIT_FOR_SECOND ? `${first} ${key}` : key;
      const name = current.current[pair] ? pair : key;
      first = key;
      firstAt = Date.now();
      const action = current.current[name];
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector("[role=dialog][data-state=open], [role=menu][data-state=open]")) {
    return true;
  }
  if (!(target instanceof HTMLElement)) return false;
  const isText =
    target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type);
  return isText || target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}
