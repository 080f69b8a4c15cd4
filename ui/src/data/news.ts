/** What is on screen follows what the server tells of changes. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { listen } from "../api/live";
import type { NewsEvent } from "../api/types.gen";
import { REGISTRY } from "./registered_models";
import { whenRemoved } from "./removals";

const WITHOUT_STREAM = 15_000;
/** Rounds of questions are this far apart, however much happens. */
const APART = 500;

/** What can change by itself; files and manifests of models cannot. */
const CHANGING = new Set([
  "run",
  "runs",
  "series",
  "console",
  "experiment",
  "experiments",
  REGISTRY,
]);

let isFollowed = false;

/** How often what may change by itself is asked again: never while the stream tells of changes. */
export function whileUntold(): number | false {
  return isFollowed ? false : WITHOUT_STREAM;
}

/** Asks again for what changed, from now on. */
export function followNews(client: QueryClient): () => void {
  const rounds = new Rounds(async (news) => {
    const isGone = await whenRemoved(client);
    await client.invalidateQueries({
      predicate: ({ queryKey }) => concerns(news, queryKey) && !isGone(queryKey),
    });
  });
  return listen({
    told: (news) => rounds.add(news),
    followed: (isNow) => {
      // What is asked from now on decides anew how often; without a stream that must begin.
      if (isFollowed && !isNow) rounds.add({ everything: true });
      isFollowed = isNow;
    },
  });
}

/** Whether the answer to a question may have changed. */
export function concerns(news: NewsEvent, key: QueryKey): boolean {
  const noun = String(key[0]);
  if (news.everything) return CHANGING.has(noun);
  if (noun === REGISTRY) return (news.models ?? []).length > 0;
  if (noun === "experiments") return (news.experiments ?? []).length > 0;
  const names = new Set([...(news.runs ?? []), ...(news.experiments ?? [])]);
  if (noun === "runs") for (const id of news.runs_of ?? []) names.add(id);
  return CHANGING.has(noun) && mentions(key, names);
}

function mentions(part: unknown, names: ReadonlySet<string>): boolean {
  if (typeof part === "string") return names.has(part);
  if (typeof part !== "object" || part === null) return false;
  return Object.values(part).some((inner) => mentions(inner, names));
}

/** Two events as one. */
export function merged(one: NewsEvent, other: NewsEvent): NewsEvent {
  const both = (name: "runs" | "runs_of" | "experiments" | "models") => [
    ...new Set([...(one[name] ?? []), ...(other[name] ?? [])]),
  ];
  return {
    runs: both("runs"),
    runs_of: both("runs_of"),
    experiments: both("experiments"),
    models: both("models"),
    everything: one.everything === true || other.everything === true,
  };
}

/** One round after the other: a question that is under way is never asked again for a later event. */
export class Rounds {
  private waiting: NewsEvent | undefined;
  private isBusy = false;

  constructor(
    private readonly ask: (news: NewsEvent) => Promise<unknown>,
    private readonly apart = APART,
  ) {}

  add(news: NewsEvent): void {
    this.waiting = this.waiting ? merged(this.waiting, news) : news;
    if (!this.isBusy) void this.run();
  }

  private async run(): Promise<void> {
    this.isBusy = true;
    while (this.waiting) {
      const news = this.waiting;
      this.waiting = undefined;
      await this.ask(news);
      await new Promise((resolve) => setTimeout(resolve, this.apart));
    }
    this.isBusy = false;
  }
}
