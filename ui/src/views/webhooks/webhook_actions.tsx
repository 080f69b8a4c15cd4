/** What can be done with a webhook, as the entries of a menu. */
import { useCallback } from "react";
import type { Webhook } from "../../api/types.gen";
import { useWebhookChanges } from "../../data/webhooks";
import type { MenuEntry } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";
import { useStable } from "../../widgets/stable";
import type { Asked } from "./webhook_dialogs";

/** The entries for a webhook; `onAsk` opens the dialogs. */
export function useWebhookEntries(
  onAsk: (asked: Asked) => void,
): (webhook: Webhook) => MenuEntry[] {
  const changes = useWebhookChanges();
  const switchTo = useStable(async ({ webhook_id, name }: Webhook, isOn: boolean) => {
    const set = (on: boolean) => changes.update({ webhook_id, status: on ? "ACTIVE" : "DISABLED" });
    const word = isOn ? "resumed" : "paused";
    if (!(await attempt(`“${name}” was not ${word}`, () => set(isOn)))) return;
    say(`“${name}” is ${word}`, () => set(!isOn));
  });
  return useCallback(
    (webhook) => [
      { label: "Edit", icon: "pencil", onSelect: () => onAsk({ kind: "edit", webhook }) },
      { label: "Send a sample", icon: "move", onSelect: () => onAsk({ kind: "test", webhook }) },
      webhook.status === "DISABLED"
        ? { label: "Resume", icon: "undo", onSelect: () => void switchTo(webhook, true) }
        : { label: "Pause", icon: "pause", onSelect: () => void switchTo(webhook, false) },
      { label: "Delete", icon: "bin", onSelect: () => onAsk({ kind: "delete", webhook }) },
    ],
    [onAsk, switchTo],
  );
}
