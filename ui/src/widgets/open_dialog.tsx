/** What a dialog is made of; fetched when the page has come to rest. */
import * as Radix from "@radix-ui/react-dialog";
import { IconButton } from "./button";
import type { DialogProps } from "./dialog";

/** The backdrop is our own: Radix's would write a style element. */
export function OpenDialog({ title, onClose, children, isBare, isWhole }: DialogProps) {
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
