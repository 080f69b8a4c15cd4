import { expect, test } from "vitest";
import type { View } from "../src/api/types.gen";
import { parseQuery } from "../src/data/address";
import { isSameState, openedQuery, stateOf } from "../src/data/views";

const view = (view_id: string, address: string, is_default = false): View => ({
  view_id,
  name: view_id,
  address,
  is_default,
  creation_time: 0,
  last_update_time: 0,
});
const VIEWS = [view("a", "sort=-metrics.loss&filter=lr+%3E+0.1"), view("b", "x=wall", true)];
const opened = (text: string, views = VIEWS) => openedQuery(parseQuery(text), views);

test("an address without state opens the default view", () => {
  expect(opened("")).toEqual({ view: "b", x: "wall" });
  expect(opened("", VIEWS.slice(0, 1))).toBeUndefined();
});

test("an address with state of its own stays as it is", () => {
  expect(opened("sort=name")).toBeUndefined();
  expect(opened("view=a&sort=name")).toBeUndefined();
  expect(opened("view=none")).toBeUndefined();
});

test("an address that only names a view opens it; one that is gone is not named any more", () => {
  expect(opened("view=a")).toEqual({ view: "a", sort: "-metrics.loss", filter: "lr > 0.1" });
  expect(opened("view=z")).toEqual({ view: undefined });
  expect(opened("view=c", [view("c", "")])).toBeUndefined();
});

test("the same state is the same in any order and spelling", () => {
  const query = parseQuery("view=a&filter=lr > 0.1&sort=-metrics.loss");
  expect(isSameState(stateOf(query), VIEWS[0]?.address ?? "")).toBe(true);
  expect(isSameState("sort=a", "sort=b")).toBe(false);
});
