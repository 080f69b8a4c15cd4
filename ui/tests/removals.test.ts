import { expect, test, vi } from "vitest";
import { removing, whenRemoved } from "../src/data/removals";

test("nothing waits while nothing is removed", async () => {
  await whenRemoved();
});

test.each([
  ["comes true", (end: { done: () => void; failed: () => void }) => end.done()],
  ["fails", (end: { done: () => void; failed: () => void }) => end.failed()],
])("who waits goes on after a removal that %s, once its page is left", async (_, ends) => {
  vi.useFakeTimers();
  const order: string[] = [];
  let end = { done: () => {}, failed: () => {} };
  const removal = removing(
    new Promise<void>((done, failed) => {
      end = { done, failed };
    }),
  );
  const left = removal.then(
    () => order.push("left"),
    () => order.push("stayed"),
  );
  const asked = whenRemoved().then(() => order.push("asked"));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(order).toEqual([]);
  ends(end);
  await left;
  await vi.advanceTimersByTimeAsync(1_000);
  await asked;
  expect(order.at(-1)).toBe("asked");
  expect(order).toHaveLength(2);
  vi.useRealTimers();
  await whenRemoved();
});
