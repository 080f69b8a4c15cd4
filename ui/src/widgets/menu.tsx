/** A menu below a button or at the pointer, and a panel below a button. */
import * as RadixMenu from "@radix-ui/react-dropdown-menu";
import * as RadixPopover from "@radix-ui/react-popover";
import {
  type ComponentProps,
  cloneElement,
  type ReactElement,
  type ReactNode,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { Icon, type IconName } from "./icons";

export interface MenuEntry {
  label: string;
  icon?: IconName;
  /** Marks one of several of which one holds. */
  isChecked?: boolean;
  /** Draws a line above. */
  startsGroup?: boolean;
  onSelect: () => void;
}

interface MenuProps {
  button: ReactElement<ComponentProps<"button">>;
  /** A function is called when the menu opens. */
  entries: readonly MenuEntry[] | (() => MenuEntry[]);
}

/** A list of actions. Until it is wanted only the button is drawn: tables have one in each row. */
export function Menu({ button, entries }: MenuProps) {
  const [isWanted, setWanted] = useState(false);
  if (!isWanted) {
    return cloneElement(button, { "aria-haspopup": "menu", onClick: () => setWanted(true) });
  }
  // Not modal, since Radix's modal menus write a style element.
  return (
    <RadixMenu.Root modal={false} defaultOpen>
      <RadixMenu.Trigger asChild>{button}</RadixMenu.Trigger>
      <RadixMenu.Portal>
        <Entries entries={typeof entries === "function" ? entries() : entries} align="end" />
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}

interface PointMenuProps {
  x: number;
  y: number;
  entries: readonly MenuEntry[];
  onClose: () => void;
}

/** A list of actions at a point of the window, open as long as it is drawn. */
export function PointMenu({ x, y, entries, onClose }: PointMenuProps) {
  // In the body, since a place in the window means something else inside of contained elements.
  return createPortal(
    <RadixMenu.Root modal={false} open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <RadixMenu.Trigger asChild>
        <span className="menu-point" style={{ left: x, top: y }} />
      </RadixMenu.Trigger>
      <RadixMenu.Portal>
        <Entries entries={entries} align="start" />
      </RadixMenu.Portal>
    </RadixMenu.Root>,
    document.body,
  );
}

interface EntriesProps {
  entries: readonly MenuEntry[];
  align: "start" | "end";
}

function Entries({ entries, align }: EntriesProps) {
  return (
    <RadixMenu.Content className="menu" align={align} sideOffset={4} collisionPadding={8}>
      {entries.map((entry) => (
        <RadixMenu.Item
          key={entry.label}
          className={`menu-item ${entry.startsGroup ? "starts-group" : ""}`}
          onSelect={entry.onSelect}
          {...(entry.isChecked !== undefined && {
            role: "menuitemradio",
            "aria-checked": entry.isChecked,
          })}
        >
          {entry.icon && <Icon name={entry.icon} size={14} />}
          <span className="ellipsis">{entry.label}</span>
          {entry.isChecked && <Icon name="check" size={12} />}
        </RadixMenu.Item>
      ))}
    </RadixMenu.Content>
  );
}

interface PopoverProps {
  button: ReactElement;
  align?: "start" | "end";
  children: ReactNode;
}

/** A panel with anything in it. */
export function Popover({ button, align = "end", children }: PopoverProps) {
  return (
    <RadixPopover.Root>
      <RadixPopover.Trigger asChild>{button}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content className="popover" align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
