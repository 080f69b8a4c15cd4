/** Light or dark: as the system says, or as the reader chose on this browser. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
/** What is kept under it is applied by public/theme.js, before the first painting. */
const STORAGE_KEY = "millstream.theme";
const ORDER: Theme[] = ["system", "light", "dark"];
const listeners = new Set<() => void>();
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme {
  const attribute = document.documentElement.dataset.theme;
  return attribute === "light" || attribute === "dark" ? attribute : "system";
}

function tellAll(): void {
  for (const listener of listeners) listener();
}

systemIsDark.addEventListener("change", tellAll);

function set(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
  tellAll();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What was chosen, and how to go to the next choice. */
export function useTheme(): { theme: Theme; next: () => void } {
  const theme = useSyncExternalStore(subscribe, chosen);
  return { theme, next: () => set(ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system") };
}

/** A text that changes whenever colours change; canvases draw again. */
export function useColourVersion(): string {
  return useSyncExternalStore(subscribe, () => `${chosen()} ${systemIsDark.matches}`);
}

/** Whether the page is dark just now. */
export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, () => {
    const theme = chosen();
    return theme === "dark" || (theme === "system" && systemIsDark.matches);
  });
}

/** A token's colour as canvases understand it. */
export function tokenColour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
