/** How the server is doing, and what of it needs somebody's attention. */
import { useQuery } from "@tanstack/react-query";
import { getOwn } from "../api/client";
import type { ServerStatus } from "../api/types.gen";
import { places } from "./address";
import { count } from "./numbers";

const WHILE_SEEN = 5_000;

/** Asked again while the page is seen; a tab in the background does not ask. */
export function useServerStatus() {
  return useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => getOwn<ServerStatus>("status", {}, signal),
    refetchInterval: WHILE_SEEN,
    staleTime: 0,
  });
}

/** Something that should not stay as it is, and the page where it is mended. */
export interface Trouble {
  text: string;
  address?: string;
}

/** A queue of more writes than this lasts longer than anyone waits gladly. */
const LONG_QUEUE = 1_000;
/** Answers that one in a hundred waits longer for are felt; in milliseconds. */
const SLOW = 1_000;
/** Fewer requests than this say nothing about how most are answered. */
const ENOUGH_REQUESTS = 20;

/** What is wrong with the server, in sentences; empty if nothing is. */
export function troublesOf(status: ServerStatus): Trouble[] {
  const troubles: Trouble[] = [];
  const { database, registry_database, traffic, dead_letters } = status;
  const queue = database.writer_queue + (registry_database?.writer_queue ?? 0);
  if (queue > LONG_QUEUE) {
    troubles.push({
      text: `${count(queue)} writes wait for the database: it is too slow for what is logged`,
    });
  }
  const { requests, p99 } = traffic;
  if (requests >= ENOUGH_REQUESTS && Number(p99 ?? 0) > SLOW) {
    troubles.push({
      text: `One request in a hundred took longer than ${count(Math.round(Number(p99)))} ms`,
    });
  }
  if (dead_letters > 0) {
    const what =
      dead_letters === 1
        ? "1 delivery of a webhook was"
        : `${count(dead_letters)} deliveries of webhooks were`;
    troubles.push({ text: `${what} given up`, address: places.webhooks() });
  }
  return troubles;
}
