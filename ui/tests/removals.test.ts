import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { removing, whenRemoved } from "../src/data/removals";

const ABOUT = ["registry", "model", "old"];
const isOld = ([, , name]: readonly unknown[]) => name === "old";

function asking(client: QueryClient): () => void {
  return new QueryObserver(client, { queryKey: ABOUT, queryFn: () => "answer" }).subscribe(
    () => {},
  );
}

test("nothing waits while nothing is removed", async () => {
  expect((await whenRemoved(new QueryClient()))(ABOUT)).toBe(false);
});

test.each([
  ["comes true", true],
  ["fails", false],
])("who waits goes on after a removal that %s", async (_, isRemoved) => {
  const client = new QueryClient();
  const leave = asking(client);
  const order: string[] = [];
  let end = { done: () => {}, failed: () => {} };
  const removal = removing(
    new Promise<void>((done, failed) => {
      end = { done, failed };
    }),
    isOld,
  );
  const told = whenRemoved(client).then((isGone) => {
    order.push("told");
    return isGone;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  order.push("ended");
  if (isRemoved) end.done();
  else end.failed();
  await removal.catch(() => {});
  const isGone = await told;
  expect(order).toEqual(["ended", "told"]);
  expect(isGone(ABOUT)).toBe(isRemoved);
  expect(isGone(["registry", "model", "other"])).toBe(false);
  leave();
  await whenRemoved(client);
});

test("what is gone is remembered as long as a page asks about it", async () => {
  const client = new QueryClient();
  const leave = asking(client);
  await removing(Promise.resolve(), isOld);
  expect((await whenRemoved(client))(ABOUT)).toBe(true);
  expect((await whenRemoved(client))(ABOUT)).toBe(true);
  leave();
  expect((await whenRemoved(client))(ABOUT)).toBe(false);
  const back = asking(client);
  expect((await whenRemoved(client))(ABOUT)).toBe(false);
  back();
});
