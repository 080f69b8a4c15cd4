import { expect, test } from "vitest";
import type { RegistryEvent } from "../src/api/types.gen";
import {
  changesOf,
  findLastChange,
  KIND_GROUPS,
  lastChange,
  plainSentence,
} from "../src/data/registry_events";

let last = 0;
function event(kind: RegistryEvent["kind"], more: Partial<RegistryEvent> = {}): RegistryEvent {
  last += 1;
  return { event_id: last, change_id: `c${last}`, timestamp: last, kind, name: "houses", ...more };
}

const SENTENCES: [RegistryEvent, string][] = [
  [event("MODEL_CREATED", { to_value: "houses" }), "created the model “houses”"],
  [event("MODEL_RENAMED", { from_value: "a", to_value: "b" }), "renamed the model from “a” to “b”"],
  [event("MODEL_DESCRIBED", { to_value: "x" }), "wrote a description of the model: “x”"],
  [event("VERSION_DESCRIBED", { version: "2" }), "removed the description of version 2"],
  [
    event("MODEL_TAG_SET", { subject: "team", to_value: "risk" }),
    "set the tag “team” of the model to “risk”",
  ],
  [
    event("VERSION_TAG_SET", { version: "2", subject: "ok", from_value: "no", to_value: "yes" }),
    "set the tag “ok” of version 2 from “no” to “yes”",
  ],
  [
    event("MODEL_TAG_DELETED", { subject: "team", from_value: "risk" }),
    "removed the tag “team” of the model, which was “risk”",
  ],
  [
    event("VERSION_CREATED", { version: "3", to_value: '{"run_id": "0123456789ab"}' }),
    "registered version 3 from the run 01234567",
  ],
  [
    event("VERSION_CREATED", { version: "3", to_value: '{"source": "s3://b/m"}' }),
    "registered version 3 from “s3://b/m”",
  ],
  [event("VERSION_DELETED", { version: "3" }), "deleted version 3"],
  [
    event("STAGE_CHANGED", { version: "3", from_value: "None", to_value: "Staging" }),
    "moved version 3 from None to Staging",
  ],
  [
    event("ALIAS_SET", { version: "3", subject: "champion", to_value: "3" }),
    "gave version 3 the alias @champion",
  ],
  [
    event("ALIAS_SET", { version: "3", subject: "champion", from_value: "1", to_value: "3" }),
    "pointed @champion from version 1 to version 3",
  ],
  [
    event("ALIAS_DELETED", { subject: "champion", from_value: "3" }),
    "removed the alias @champion from version 3",
  ],
];

test.each(SENTENCES)("an event is a sentence: $kind", (given, sentence) => {
  expect(plainSentence(given)).toBe(sentence);
});

test("every kind has words of its own", () => {
  for (const kind of Object.values(KIND_GROUPS).flat()) {
    const words = plainSentence(event(kind, { version: "1", to_value: "x", subject: "y" }));
    expect(words).not.toContain(kind.toLowerCase().replaceAll("_", " "));
  }
});

const MADE_ROOM = event("STAGE_CHANGED", {
  change_id: "c",
  version: "1",
  from_value: "Production",
  to_value: "Archived",
  comment: "better",
});
const TOOK_IT = event("STAGE_CHANGED", {
  change_id: "c",
  version: "2",
  from_value: "Staging",
  to_value: "Production",
  comment: "better",
});

test("events of one change stand together, what made room last", () => {
  const newer = event("ALIAS_SET", { subject: "champion", to_value: "2" });
  const changes = changesOf([newer, TOOK_IT, MADE_ROOM]);
  expect(changes.map((change) => change.events.map(({ event_id }) => event_id))).toEqual([
    [newer.event_id],
    [TOOK_IT.event_id, MADE_ROOM.event_id],
  ]);
  expect(changes[1]?.comment).toBe("better");
});

test("a roll-back is of the newest change that touched the stage or the alias", () => {
  const alias = event("ALIAS_SET", { subject: "champion", to_value: "2" });
  const other = event("STAGE_CHANGED", { version: "3", from_value: "None", to_value: "Staging" });
  const events = [alias, other, TOOK_IT, MADE_ROOM];
  expect(lastChange(events, { stage: "Production" })).toEqual([TOOK_IT, MADE_ROOM]);
  expect(lastChange(events, { stage: "Staging" })).toEqual([other]);
  expect(lastChange(events, { alias: "champion" })).toEqual([alias]);
  expect(lastChange(events, { alias: "unknown" })).toEqual([]);
});

test("a change is read to its end, however far back and across pages", async () => {
  const other = event("STAGE_CHANGED", { version: "3", from_value: "None", to_value: "Staging" });
  const older = event("STAGE_CHANGED", {
    version: "1",
    from_value: "None",
    to_value: "Production",
  });
  const pages: Record<string, RegistryEvent[]> = {
    first: [other],
    second: [TOOK_IT],
    third: [MADE_ROOM, older],
    fourth: [older],
  };
  const names = Object.keys(pages);
  const asked: string[] = [];
  const page = async (page_token = "first") => {
    asked.push(page_token);
    const next_page_token = names[names.indexOf(page_token) + 1];
    return { events: pages[page_token] ?? [], ...(next_page_token ? { next_page_token } : {}) };
  };
  expect(await findLastChange(page, { stage: "Production" })).toEqual([TOOK_IT, MADE_ROOM]);
  expect(asked).toEqual(["first", "second", "third"]);
});
