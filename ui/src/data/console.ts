/** What a run wrote to its terminals: pages of lines, searches, and all of it as a file. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { getOwn } from "../api/client";
import type { ConsoleHits, ConsolePage, PlacedLine } from "../api/types.gen";
import { plainLine } from "./ansi";
import { whileUntold } from "./news";

/** Lines are asked for in pages of so many. */
export const PAGE = 500;
const MOST_LINES = 5_000;
const MOST_HITS = 1_000;
const MOST_FOUND = 10_000;

/** How many lines a run has. */
export function useLineCount(run_id: string, isLive: boolean) {
  return useQuery({
    queryKey: ["console", run_id, "total"],
    queryFn: async ({ signal }) => (await ask(run_id, -1, 1, signal)).total,
    refetchInterval: isLive ? whileUntold() : false,
  });
}

/** The lines of some pages, by their positions. */
export function useLines(run_id: string, pages: readonly number[], total: number) {
  return useQueries({
    queries: pages.map((page) => ({
      queryKey: ["console", run_id, "page", page, Math.min(PAGE, total - page * PAGE)],
      queryFn: ({ signal }: { signal: AbortSignal }) => ask(run_id, page * PAGE, PAGE, signal),
    })),
    combine: (answers) => {
      const lines = new Map<number, PlacedLine>();
      for (const { data } of answers) {
        for (const line of data?.lines ?? []) lines.set(line.position, line);
      }
      return { lines, error: answers.find(({ error }) => error)?.error ?? undefined };
    },
  });
}

/** The positions of lines that contain a text; `isComplete` is false if there are too many. */
export function useConsoleSearch(run_id: string, text: string) {
  return useQuery({
    queryKey: ["console", run_id, "search", text],
    queryFn: async ({ signal }) => {
      const positions: number[] = [];
      let next: number | undefined = 0;
      while (next !== undefined && positions.length < MOST_FOUND) {
        const query = { run_id, text, position: `${next}`, max_hits: `${MOST_HITS}` };
        const found: ConsoleHits = await getOwn("runs/console/search", query, signal);
        positions.push(...found.lines.map(({ position }) => position));
        next = found.next_position ?? undefined;
      }
      return { positions, isComplete: next === undefined };
    },
    enabled: text !== "",
    placeholderData: (previous, query) => (query?.queryKey[1] === run_id ? previous : undefined),
  });
}

/** All lines as plain text. */
export async function wholeConsole(run_id: string): Promise<Blob> {
  const parts: string[] = [];
  for (let position = 0; ; position += MOST_LINES) {
    const { lines, total } = await ask(run_id, position, MOST_LINES);
    for (const { text } of lines) parts.push(plainLine(text), "\n");
    if (position + MOST_LINES >= total) return new Blob(parts, { type: "text/plain" });
  }
}

function ask(run_id: string, position: number, most: number, signal?: AbortSignal) {
  const query = { run_id, position: `${position}`, max_lines: `${most}` };
  return getOwn<ConsolePage>("runs/console", query, signal);
}
