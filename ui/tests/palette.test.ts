import { expect, test } from "vitest";
import { type Hit, isMeant, shareRoom, versionHit } from "../src/app/palette_hits";
import { kindOf, withVisit } from "../src/data/recent";

test("a name is meant when each word of the text begins one of its own", () => {
  expect(isMeant("Deleted experiments", "exp del")).toBe(true);
  expect(isMeant("New model", "new model")).toBe(true);
  expect(isMeant("Models", "els")).toBe(false);
  expect(isMeant("Models", "model-0042")).toBe(false);
});

test("what one kind does not need is the others’ room", () => {
  const hits = (section: string, count: number): Hit[] =>
    Array.from({ length: count }, (_, at) => ({
      id: `${section}-${at}`,
      section,
      icon: "chart",
      text: "",
      note: "",
    }));
  const shared = shareRoom([hits("a", 1), hits("b", 20), hits("c", 20)]);
  const sizes = ["a", "b", "c"].map((name) => shared.filter(({ section }) => section === name));
  expect(sizes.map(({ length }) => length)).toEqual([1, 17, 6]);
});

test("a version is offered only if the model has had as many", () => {
  const model = { name: "houses", latest_versions: [{ version: "4" }] } as Parameters<
    typeof versionHit
  >[0];
  expect(versionHit(model, "4")?.text).toBe("houses / Version 4");
  expect(versionHit(model, "5")).toBeUndefined();
});

test("a page stands once among the recent ones, and they do not grow without end", () => {
  const visit = (name: number) => ({ address: `#/${name}`, text: String(name), kind: "run" });
  const many = Array.from({ length: 30 }, (_, at) => at).reduce(
    (visits, at) => withVisit(visits, visit(at)),
    withVisit([], visit(99)),
  );
  expect(many).toHaveLength(12);
  expect(
    withVisit(many, visit(25))
      .map(({ text }) => text)
      .slice(0, 3),
  ).toEqual(["25", "29", "28"]);
});

test("lists and comparisons are not remembered", () => {
  expect(kindOf(["experiments"])).toBeUndefined();
  expect(kindOf(["experiments", "1"])).toBe("experiment");
  expect(kindOf(["experiments", "1", "compare"])).toBeUndefined();
  expect(kindOf(["experiments", "1", "runs", "a"])).toBe("run");
  expect(kindOf(["models", "m", "versions", "3"])).toBe("version");
  expect(kindOf(["admin", "stages"])).toBeUndefined();
});
