/** Notices at the edge of the page: what was done, with ten seconds to undo it, and what failed. */
import { useEffect, useSyncExternalStore } from "react";
import { ApiError } from "../api/client";
import { Button, IconButton } from "./button";
import { CopyButton } from "./copy";

interface Notice {
  id: number;
  text: string;
  isError: boolean;
  details?: string;
  undo?: (() => Promise<unknown>) | undefined;
}

const LASTS = 10_000;
let notices: readonly Notice[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(to: readonly Notice[]): void {
  notices = to;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  change(notices.filter((notice) => notice.id !== id));
}

/** Says what was done; `undo` is offered for ten seconds. */
export function say(text: string, undo?: () => Promise<unknown>): void {
  change([...notices.slice(-3), { id: nextId++, text, isError: false, undo }]);
}

/** Says what failed. */
export function sayError(what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  const details = error instanceof ApiError ? error.details : reason;
  change([
    ...notices.slice(-3),
    { id: nextId++, text: `${what}: ${reason}`, isError: true, details },
  ]);
}

/** Does something that may fail, and says so. Answers whether it worked. */
export async function attempt(what: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    sayError(what, error);
    return false;
  }
}

/** All notices on screen. */
export function Notices() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
  return (
    <section className="notices" aria-live="polite" aria-label="Notices">
      {shown.map((notice) => (
        <NoticeBox key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function NoticeBox({ notice }: { notice: Notice }) {
  useEffect(() => {
    if (notice.isError) return;
    const timer = setTimeout(() => dismiss(notice.id), LASTS);
    return () => clearTimeout(timer);
  }, [notice]);
  const undo = notice.undo;
  const takeBack = async () => {
    dismiss(notice.id);
    if (undo) await attempt("It could not be undone", undo);
  };
  return (
    <div
      className={`notice ${notice.isError ? "bad" : ""}`}
      role={notice.isError ? "alert" : "status"}
    >
      <span className="notice-text">{notice.text}</span>
      {undo && (
        <Button tone="quiet" icon="undo" onClick={takeBack}>
          Undo
        </Button>
      )}
      {notice.details && <CopyButton text={notice.details} label="Copy details" />}
      <IconButton icon="close" label="Dismiss" onClick={() => dismiss(notice.id)} />
      {!notice.isError && <span className="notice-clock" />}
    </div>
  );
}
