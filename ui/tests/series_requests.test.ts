import { expect, test } from "vitest";
import type { GetSeries, SeriesPage } from "../src/api/types.gen";
import { MOST_TOGETHER, together } from "../src/data/series_requests";

/** A server that answers when it is told to, and remembers what it was asked. */
function server() {
  const asked: { request: GetSeries; signal: AbortSignal }[] = [];
  const send = async (request: GetSeries, signal: AbortSignal): Promise<SeriesPage> => {
    asked.push({ request, signal });
    await Promise.resolve();
    if (request.metric_keys.includes("broken")) throw new Error("no such metric");
    const series = request.run_ids.flatMap((run_id) =>
      request.metric_keys
        .filter((metric_key) => metric_key !== "empty")
        .map((metric_key) => {
          return { run_id, metric_key, total: 1, steps: [0], timestamps: [0], values: [1] };
        }),
    );
    return { series };
  };
  return { asked, ask: together(send) };
}

const request = (metric_keys: string[], run_ids = ["r"], range = {}): GetSeries => {
  return { run_ids, metric_keys, buckets: 9, ...range };
};
const never = () => new AbortController().signal;
const keys = (series: { metric_key: string }[]) => series.map((each) => each.metric_key);

test("what is asked at once is one request, and each gets its own", async () => {
  const { asked, ask } = server();
  const found = await Promise.all([
    ask(request(["a"]), never()),
    ask(request(["b", "a"]), never()),
    ask(request(["empty"]), never()),
  ]);
  expect(asked.map((each) => each.request)).toEqual([request(["a", "b", "empty"])]);
  expect(found.map(keys)).toEqual([["a"], ["a", "b"], []]);
});

test("other runs, other ranges and later questions travel by themselves", async () => {
  const { asked, ask } = server();
  await Promise.all([
    ask(request(["a"]), never()),
    ask(request(["a"], ["s"]), never()),
    ask(request(["a"], ["r"], { start_step: 5 }), never()),
  ]);
  await ask(request(["b"]), never());
  expect(asked).toHaveLength(4);
});

test("a request has no more series than may come together, unless one asks for more", async () => {
  const { asked, ask } = server();
  const runs = ["r", "s", "t", "u", "v"];
  const names = Array.from({ length: 8 }, (_, at) => `m${at}`);
  const all = names.map((name) => ask(request([name], runs), never()));
  const many = ask(request(names, runs), never());
  const found = await Promise.all([...all, many]);
  expect(found.map((each) => each.length)).toEqual([...names.map(() => 5), 40]);
  const sizes = asked.map((each) => each.request.metric_keys.length * runs.length);
  expect(sizes.slice(0, -1).every((size) => size <= MOST_TOGETHER)).toBe(true);
  expect(sizes.at(-1)).toBe(40);
});

test("a request is given up once nobody waits for it", async () => {
  const { asked, ask } = server();
  const [one, other] = [new AbortController(), new AbortController()];
  const answers = [ask(request(["a"]), one.signal), ask(request(["b"]), other.signal)];
  await Promise.resolve();
  one.abort();
  expect(asked[0]?.signal.aborted).toBe(false);
  other.abort();
  expect(asked[0]?.signal.aborted).toBe(true);
  await Promise.allSettled(answers);
});

test("a failure is told to all who asked", async () => {
  const { ask } = server();
  const both = await Promise.allSettled([
    ask(request(["a"]), never()),
    ask(request(["broken"]), never()),
  ]);
  expect(both.map((each) => each.status)).toEqual(["rejected", "rejected"]);
});
