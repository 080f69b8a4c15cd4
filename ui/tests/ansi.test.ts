import { expect, test } from "vitest";
import { plainLine, spansOf, withMarks } from "../src/data/ansi";

const shown = (line: string) => spansOf(line).map(({ text, classes }) => [text, classes]);

test("colours by name, and what ends them", () => {
  expect(shown("plain")).toEqual([["plain", ""]]);
  expect(shown("\u001b[31mred\u001b[39m not")).toEqual([
    ["red", "ansi-red"],
    [" not", ""],
  ]);
  expect(shown("\u001b[1;92;44mall\u001b[22m less\u001b[0m none")).toEqual([
    ["all", "ansi-bold ansi-bright-green ansi-on-blue"],
    [" less", "ansi-bright-green ansi-on-blue"],
    [" none", ""],
  ]);
  expect(shown("\u001b[4m\u001b[9mx\u001b[mrest")).toEqual([
    ["x", "ansi-underlined ansi-struck"],
    ["rest", ""],
  ]);
});

test("colours by number and by their parts", () => {
  expect(spansOf("\u001b[38;5;1ma")[0]?.classes).toBe("ansi-red");
  expect(spansOf("\u001b[38;5;196ma")[0]?.colour).toBe("rgb(255 0 0)");
  expect(spansOf("\u001b[48;5;244ma")[0]?.ground).toBe("rgb(128 128 128)");
  expect(spansOf("\u001b[38;2;1;2;300;1ma")[0]).toEqual({
    text: "a",
    classes: "ansi-bold",
    colour: "rgb(1 2 255)",
  });
});

test("no part of a line becomes anything but text or a known class", () => {
  const attack =
    '<img src=x onerror=alert(1)>\u001b[38;2;"url(x);1;2m<b>\u001b]8;;javascript:1\u0007';
  const spans = spansOf(attack);
  expect(spans.map(({ text }) => text).join("")).toContain("<img src=x onerror=alert(1)>");
  for (const { classes, colour, ground } of spans) {
    expect(classes).toMatch(/^(ansi-[a-z-]+ ?)*$/);
    for (const css of [colour, ground]) expect(css ?? "rgb(0 0 0)").toMatch(/^rgb\(\d+ \d+ \d+\)$/);
  }
});

test("sequences that end in nothing, or say nonsense, take nothing with them", () => {
  expect(shown("\u001b[38ma\u001b[38;5mb\u001b[999mc\u001b[;mz")).toEqual([
    ["a", ""],
    ["b", ""],
    ["c", ""],
    ["z", ""],
  ]);
  expect(plainLine("\u001b[1ma\u001b[0m\u0007b\tc")).toBe("ab\tc");
});

test("what was searched for is marked across colours", () => {
  const cut = withMarks(spansOf("say \u001b[31mHel\u001b[0mlo, hello"), "hello");
  expect(cut.map(({ text, marked }) => [text, marked])).toEqual([
    ["say ", false],
    ["Hel", true],
    ["lo", true],
    [", ", false],
    ["hello", true],
  ]);
  expect(withMarks(spansOf("abc"), "").map(({ text }) => text)).toEqual(["abc"]);
});
