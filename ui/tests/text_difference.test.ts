import { expect, test } from "vitest";
import type { AllFiles } from "../src/data/artifacts";
import { sharedFiles } from "../src/data/shared_files";
import { compareLines, foldSame } from "../src/data/text_difference";

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at + 1}`);

test("lines are told by their numbers in both texts", async () => {
  expect(await compareLines("a\nb\nc\n", "a\nc\r\nd")).toEqual([
    { kind: "same", text: "a", left: 1, right: 1 },
    { kind: "removed", text: "b", left: 2 },
    { kind: "same", text: "c", left: 3, right: 2 },
    { kind: "added", text: "d", right: 3 },
  ]);
});

test("an end of the last line is no difference, an empty text is no line", async () => {
  expect(await compareLines("a", "a\n")).toEqual([{ kind: "same", text: "a", left: 1, right: 1 }]);
  expect(await compareLines("", "a")).toEqual([{ kind: "added", text: "a", right: 1 }]);
});

test("what is alike far from a difference is folded", async () => {
  const left = lines(40);
  const right = left.map((line, at) => (at === 19 ? "other" : line));
  const all = await compareLines(left.join("\n"), right.join("\n"));
  const folded = foldSame(all ?? []);
  expect(folded.map(({ kind }) => kind)).toEqual([
    "fold",
    ...["same", "same", "same", "removed", "added", "same", "same", "same"],
    "fold",
  ]);
  expect(folded[0]).toEqual({ kind: "fold", count: 16 });
  expect(folded.at(-1)).toEqual({ kind: "fold", count: 17 });
});

test("texts that share almost nothing are not compared", async () => {
  const left = lines(8_000).map((line) => `${line} left`);
  const right = lines(8_000).map((line) => `${line} right`);
  expect(await compareLines(left.join("\n"), right.join("\n"))).toBeUndefined();
});

test("paths that most runs have come first", () => {
  const files = (...paths: string[]) =>
    ({ files: paths.map((path) => ({ path, is_dir: false })), isComplete: true }) as AllFiles;
  const all = [files("a.txt", "b.txt"), files("b.txt", "c10.txt"), files("b.txt", "c2.txt")];
  expect(sharedFiles(["1", "2", "3"], all)).toEqual([
    { path: "b.txt", run_ids: ["1", "2", "3"] },
    { path: "a.txt", run_ids: ["1"] },
    { path: "c2.txt", run_ids: ["3"] },
    { path: "c10.txt", run_ids: ["2"] },
  ]);
});
