/** A menu below a button, and a panel below a button. */
import * as RadixMenu from "@radix-ui/react-dropdown-menu";
import * as RadixPopover from "@radix-ui/react-popover";
import {
  type ComponentProps,
  cloneElement,
  type ReactElement,
  type ReactNode,
  useState,
} from "react";
import { Icon, type IconName } from "./icons";

export interface MenuEntry {
  label: string;
  icon?: IconName;
  onSelect: () => void;
}

interface MenuProps {
  button: ReactElement<ComponentProps<"button">>;
  entries: MenuEntry[];
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
        <RadixMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          {entries.map((entry) => (
            <RadixMenu.Item key={entry.label} className="menu-item" onSelect={entry.onSelect}>
              {entry.icon && <Icon name={entry.icon} size={14} />}
              {entry.label}
            </RadixMenu.Item>
          ))}
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}

/** A panel with anything in it. */
export function Popover({ button, children }: { button: ReactElement; children: ReactNode }) {
  return (
    <RadixPopover.Root>
      <RadixPopover.Trigger asChild>{button}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content className="popover" align="end" sideOffset={4} collisionPadding={8}>
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
