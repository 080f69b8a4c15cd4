/** The stream of news: one for the whole page, and none while nobody sees it. */
import { addressOf } from "./client";
import type { NewsEvent } from "./types.gen";

/** What the server closes for good is tried again after this time. */
const AGAIN_AFTER = 60_000;

/** Who listens to the stream. */
export interface Listener {
  /** Something changed; after a gap anything may have. */
  told: (news: NewsEvent) => void;
  /** Whether news arrive from now on. */
  followed: (isFollowed: boolean) => void;
}

const opens = new Set<() => void>();

/** Opens streams anew, for whoever has just signed in. */
export function listenAnew(): void {
  for (const open of opens) open();
}

/** Listens until the function that is returned is called. */
export function listen({ told, followed }: Listener): () => void {
  let source: EventSource | undefined;
  let timer: number | undefined;
  let hasGap = false;

  const close = () => {
    window.clearTimeout(timer);
    hasGap ||= source !== undefined;
    source?.close();
    source = undefined;
    followed(false);
  };
  const open = () => {
    if (source || document.hidden) return;
    const opened = new EventSource(addressOf("api/v1/news"));
    source = opened;
    opened.onopen = () => {
      followed(true);
      if (hasGap) told({ everything: true });
      hasGap = false;
    };
    opened.onmessage = (message: MessageEvent<string>) =>
      told(JSON.parse(message.data) as NewsEvent);
    opened.onerror = () => {
      hasGap = true;
      followed(false);
      if (opened.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      close();
      timer = window.setTimeout(open, AGAIN_AFTER);
    };
  };
  const turn = () => (document.hidden ? close() : open());
  const openAnew = () => {
    close();
    open();
  };

  document.addEventListener("visibilitychange", turn);
  opens.add(openAnew);
  open();
  return () => {
    opens.delete(openAnew);
    document.removeEventListener("visibilitychange", turn);
    close();
  };
}
