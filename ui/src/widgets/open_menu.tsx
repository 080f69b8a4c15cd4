/** Menus and panels once they are open, and the library that places them and moves the focus. */
import * as RadixMenu from "@radix-ui/react-dropdown-menu";
import * as RadixPopover from "@radix-ui/react-popover";
import { createPortal } from "react-dom";
import { Icon } from "./icons";
import type { MenuEntry, MenuProps, PointMenuProps, PopoverProps } from "./menu";

export function OpenMenu({ button, entries }: MenuProps) {
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

export function OpenPointMenu({ x, y, entries, onClose }: PointMenuProps) {
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

export function OpenPopover({ button, align = "end", children }: PopoverProps) {
  return (
    <RadixPopover.Root defaultOpen>
      <RadixPopover.Trigger asChild>{button}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content className="popover" align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
