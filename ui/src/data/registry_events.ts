/** The history of the registry: what is asked of the server, and events as sentences. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getOwn, postOwn } from "../api/client";
import type { RegistryEvent, RegistryEventPage, RegistryState, RolledBack } from "../api/types.gen";
import { REGISTRY } from "./registered_models";
import { ARCHIVED } from "./stages";

const PAGE_SIZE = 100;
const MOST_IN_A_PAGE = 1_000;

export type EventKind = RegistryEvent["kind"];
export type KindGroup = "all" | "stages" | "aliases" | "versions" | "edits" | "rules";

/** The kinds of events that a reader looks for together. */
export const KIND_GROUPS: Record<Exclude<KindGroup, "all">, EventKind[]> = {
  stages: [
    "STAGE_CHANGED",
    "TRANSITION_REQUESTED",
    "TRANSITION_APPROVED",
    "TRANSITION_REJECTED",
    "TRANSITION_CANCELLED",
  ],
  aliases: ["ALIAS_SET", "ALIAS_DELETED"],
  versions: ["VERSION_CREATED", "VERSION_DELETED"],
  edits: [
    "MODEL_CREATED",
    "MODEL_RENAMED",
    "MODEL_DESCRIBED",
    "MODEL_DELETED",
    "MODEL_TAG_SET",
    "MODEL_TAG_DELETED",
    "VERSION_DESCRIBED",
    "VERSION_TAG_SET",
    "VERSION_TAG_DELETED",
  ],
  rules: ["GATE_SET", "GATE_DELETED", "STAGES_CHANGED"],
};

/** What the history shows. */
export interface EventSearch {
  name: string;
  version?: string | undefined;
  group: KindGroup;
}

/** Events, newest first, page by page. */
export function useRegistryEvents({ name, version, group }: EventSearch) {
  return useInfiniteQuery({
    queryKey: [REGISTRY, "events", name, version, group],
    queryFn: ({ pageParam, signal }) =>
      getOwn<RegistryEventPage>(
        "registry-events",
        {
          name,
          version,
          kinds: group === "all" ? undefined : KIND_GROUPS[group],
          max_results: String(PAGE_SIZE),
          page_token: pageParam,
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token || undefined,
    placeholderData: (previous, query) => (query?.queryKey[2] === name ? previous : undefined),
  });
}

/** What the model's versions and aliases were at a moment (ms since 1970), or are now. */
export function useRegistryState(name: string, at: number | undefined) {
  return useQuery({
    queryKey: [REGISTRY, "state", name, at],
    queryFn: ({ signal }) =>
      getOwn<RegistryState>(
        "registry-events/state",
        { name, timestamp: at === undefined ? undefined : String(at) },
        signal,
      ),
    placeholderData: (previous, query) => (query?.queryKey[2] === name ? previous : undefined),
  });
}

/** Undoes the last change of a stage or of an alias. */
export function useRollBack() {
  const client = useQueryClient();
  return async (name: string, target: RollBackTarget, comment: string) => {
    const done = await postOwn<RolledBack>("registry-events/roll-back", {
      name,
      ...target,
      comment: comment || undefined,
    });
    await client.invalidateQueries({ queryKey: [REGISTRY] });
    return done.events ?? [];
  };
}

export type RollBackTarget = { stage: string } | { alias: string };

/** The last change that touched a stage or an alias: what a roll-back would undo. */
export function useLastChange(name: string, target: RollBackTarget) {
  return useQuery({
    queryKey: [REGISTRY, "last change", name, target],
    queryFn: ({ signal }) => {
      const kinds = "stage" in target ? ["STAGE_CHANGED"] : KIND_GROUPS.aliases;
      const page = (page_token: string | undefined) =>
        getOwn<RegistryEventPage>(
          "registry-events",
          { name, kinds, max_results: String(MOST_IN_A_PAGE), page_token },
          signal,
        );
      return findLastChange(page, target);
    },
  });
}

/** Reads back page by page until the change is found and nothing of it can follow. */
export async function findLastChange(
  page: (page_token: string | undefined) => Promise<RegistryEventPage>,
  target: RollBackTarget,
): Promise<RegistryEvent[]> {
  const events: RegistryEvent[] = [];
  let page_token: string | undefined;
  do {
    const answer = await page(page_token);
    events.push(...(answer.events ?? []));
    page_token = answer.next_page_token;
    const [found] = lastChange(events, target);
    if (found && events.at(-1)?.change_id !== found.change_id) break;
  } while (page_token);
  return lastChange(events, target);
}

/** The events, newest first, of the newest change that touched the target. */
export function lastChange(
  events: readonly RegistryEvent[],
  target: RollBackTarget,
): RegistryEvent[] {
  const touches = (event: RegistryEvent) =>
    "stage" in target
      ? event.from_value === target.stage || event.to_value === target.stage
      : event.subject === target.alias;
  const change_id = events.find(touches)?.change_id;
  return events.filter((event) => event.change_id === change_id && change_id !== undefined);
}

/** Events of one change, in the order in which they happened. */
export interface Change {
  change_id: string;
  timestamp: number;
  user_id: string | undefined;
  comment: string | undefined;
  events: RegistryEvent[];
}

/** Events, newest first, as changes, newest first; what made room comes after what took it. */
export function changesOf(events: readonly RegistryEvent[]): Change[] {
  const changes: Change[] = [];
  for (const event of events) {
    const last = changes.at(-1);
    if (last?.change_id === event.change_id) {
      last.events.unshift(event);
      last.comment = event.comment ?? last.comment;
      continue;
    }
    const { change_id, timestamp, user_id, comment } = event;
    changes.push({ change_id, timestamp, user_id, comment, events: [event] });
  }
  for (const change of changes) {
    change.events.sort((a, b) => Number(a.to_value === ARCHIVED) - Number(b.to_value === ARCHIVED));
  }
  return changes;
}

/** A piece of a sentence: words, or something that is drawn as what it is. */
export type Part =
  | string
  | { version: string }
  | { stage: string }
  | { alias: string }
  | { run_id: string }
  | { text: string };

/** What an event says, without who did it and when. */
export function sentenceOf(event: RegistryEvent): Part[] {
  const { kind, version = "", subject = "", from_value: from, to_value: to } = event;
  const of: Part[] = version ? [" of ", { version }] : [" of the model"];
  switch (kind) {
    case "MODEL_CREATED":
      return ["created the model ", { text: to ?? event.name }];
    case "MODEL_RENAMED":
      return ["renamed the model from ", { text: from ?? "" }, " to ", { text: to ?? "" }];
    case "MODEL_DELETED":
      return ["deleted the model ", { text: event.name }];
    case "MODEL_DESCRIBED":
    case "VERSION_DESCRIBED":
      return to
        ? [from ? "changed the description" : "wrote a description", ...of, ": ", { text: to }]
        : ["removed the description", ...of];
    case "MODEL_TAG_SET":
    case "VERSION_TAG_SET":
      return ["set the tag ", { text: subject }, ...of, ...fromTo(from, to)];
    case "MODEL_TAG_DELETED":
    case "VERSION_TAG_DELETED":
      return [
        "removed the tag ",
        { text: subject },
        ...of,
        ...(from ? [", which was ", { text: from }] : []),
      ];
    case "VERSION_CREATED":
      return ["registered ", { version }, ...originOf(to)];
    case "VERSION_DELETED":
      return ["deleted ", { version }];
    case "STAGE_CHANGED":
      return [
        "moved ",
        { version },
        " from ",
        { stage: from ?? "None" },
        " to ",
        { stage: to ?? "None" },
      ];
    case "ALIAS_SET":
      return from
        ? [
            "pointed ",
            { alias: subject },
            " from ",
            { version: from },
            " to ",
            { version: to ?? version },
          ]
        : ["gave ", { version: to ?? version }, " the alias ", { alias: subject }];
    case "ALIAS_DELETED":
      return ["removed the alias ", { alias: subject }, " from ", { version: from ?? version }];
    default:
      return requestSentence(event);
  }
}

function requestSentence(event: RegistryEvent): Part[] {
  const { kind, subject = "", from_value: from } = event;
  switch (kind) {
    case "TRANSITION_REQUESTED":
      return ["asked to ", ...wishOf(event)];
    case "TRANSITION_APPROVED":
      return ["approved the request to ", ...wishOf(event)];
    case "TRANSITION_REJECTED":
      return ["refused the request to ", ...wishOf(event)];
    case "TRANSITION_CANCELLED":
      return ["withdrew the request to ", ...wishOf(event)];
    case "GATE_SET":
      return [from ? "changed the gate " : "set the gate ", { text: subject }];
    case "GATE_DELETED":
      return ["removed the gate ", { text: subject }];
    case "STAGES_CHANGED":
      return ["changed the stages and the moves between them"];
    default:
      return [kind.toLowerCase().replaceAll("_", " ")];
  }
}

/** What a request asks for: a move to a stage, or of an alias, which is written with an @. */
function wishOf({ version, to_value: to = "" }: RegistryEvent): Part[] {
  if (to.startsWith("@")) {
    const alias = { alias: to.slice(1) };
    return version ? ["point ", alias, " to ", { version }] : ["remove the alias ", alias];
  }
  return ["move ", { version: version ?? "" }, " to ", { stage: to }];
}

function fromTo(from: string | undefined, to: string | undefined): Part[] {
  return from === undefined
    ? [" to ", { text: to ?? "" }]
    : [" from ", { text: from }, " to ", { text: to ?? "" }];
}

function originOf(json: string | undefined): Part[] {
  const origin = parsedOrigin(json);
  if (origin.run_id) return [" from the run ", { run_id: origin.run_id }];
  return origin.source ? [" from ", { text: origin.source }] : [];
}

function parsedOrigin(json: string | undefined): { run_id?: string; source?: string } {
  try {
    return (JSON.parse(json ?? "") ?? {}) as { run_id?: string; source?: string };
  } catch {
    return json ? { source: json } : {};
  }
}

/** The sentence as plain text. */
export function plainSentence(event: RegistryEvent): string {
  return sentenceOf(event).map(plainPart).join("");
}

function plainPart(part: Part): string {
  if (typeof part === "string") return part;
  if ("version" in part) return `version ${part.version}`;
  if ("stage" in part) return part.stage;
  if ("alias" in part) return `@${part.alias}`;
  if ("run_id" in part) return part.run_id.slice(0, 8);
  return `“${part.text}”`;
}
