/** A dialog in the middle of the page. */
import * as Radix from "@radix-ui/react-dialog";
import type { ReactNode } from "react";
import { IconButton } from "./button";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Without the visible title and its close button. */
  isBare?: boolean;
  /** As large as the window. */
  isWhole?: boolean;
}

/** Open as long as it is drawn. The backdrop is our own: Radix's would write a style element. */
export function Dialog({ title, onClose, children, isBare, isWhole }: DialogProps) {
  return (
    <Radix.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Radix.Portal>
        <div className="backdrop" />
        <Radix.Content
          className={`dialog ${isBare ? "bare" : ""} ${isWhole ? "whole" : ""}`}
          aria-describedby={undefined}
          onOpenAutoFocus={focusFirstField}
        >
          <div className={isBare ? "off-screen" : "dialog-head"}>
            <Radix.Title>{title}</Radix.Title>
            {!isBare && <IconButton icon="close" label="Close" onClick={onClose} />}
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What is to be filled in comes before the button that closes. */
function focusFirstField(event: Event): void {
  if (!(event.currentTarget instanceof HTMLElement)) return;
  const field = event.currentTarget.querySelector<HTMLElement>(
    "input:enabled, select:enabled, textarea",
  );
  if (!field) return;
  event.preventDefault();
  field.focus();
}
