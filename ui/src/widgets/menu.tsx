/** A menu below a button or at the pointer, and a panel below a button. */
import {
  type ComponentProps,
  cloneElement,
  type ReactElement,
  type ReactNode,
  useState,
} from "react";
import type { IconName } from "./icons";
import { later } from "./later";

export interface MenuEntry {
  label: string;
  icon?: IconName;
  /** Marks one of several of which one holds. */
  isChecked?: boolean;
  /** Draws a line above. */
  startsGroup?: boolean;
  onSelect: () => void;
}

type ButtonElement = ReactElement<ComponentProps<"button">>;

export interface MenuProps {
  button: ButtonElement;
  /** A function is called when the menu opens. */
  entries: readonly MenuEntry[] | (() => MenuEntry[]);
}

export interface PointMenuProps {
  x: number;
  y: number;
  entries: readonly MenuEntry[];
  onClose: () => void;
}

export interface PopoverProps {
  button: ButtonElement;
  align?: "start" | "end";
  children: ReactNode;
}

const OpenMenu = later<MenuProps>(
  async () => (await import("./open_menu")).OpenMenu,
  ({ button }) => button,
);
const OpenPopover = later<PopoverProps>(
  async () => (await import("./open_menu")).OpenPopover,
  ({ button }) => button,
);

/** A list of actions. Until it is wanted only the button is drawn: tables have one in each row. */
export function Menu({ button, entries }: MenuProps) {
  const [isWanted, setWanted] = useState(false);
  if (isWanted) return <OpenMenu button={button} entries={entries} />;
  return cloneElement(button, { "aria-haspopup": "menu", onClick: () => setWanted(true) });
}

/** A list of actions at a point of the window, open as long as it is drawn. */
export const PointMenu = later<PointMenuProps>(
  async () => (await import("./open_menu")).OpenPointMenu,
  null,
);

/** A panel with anything in it. Until it is wanted only the button is drawn. */
export function Popover(props: PopoverProps) {
  const [isWanted, setWanted] = useState(false);
  if (isWanted) return <OpenPopover {...props} />;
  return cloneElement(props.button, {
    "aria-haspopup": "dialog",
    "aria-expanded": false,
    onClick: () => setWanted(true),
  });
}

/** Fetches what menus and panels are made of, so that the first one opens at once. */
export async function loadMenus(): Promise<void> {
  await Promise.all([OpenMenu.load(), OpenPopover.load(), PointMenu.load()]);
}
