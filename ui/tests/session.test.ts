import { expect, test, vi } from "vitest";
import { sessionWord, withWord } from "../src/api/credentials";
import { passwordProblem } from "../src/data/passwords";
import { initials } from "../src/views/sessions/account_menu";

test.each([
  ["", "5000", undefined],
  ["theme=dark; other=1", "", undefined],
  ["millstream-csrf=a; theme=dark", "", "a"],
  ["millstream-csrf-5000=a; millstream-csrf-5001=b", "5001", "b"],
  ["millstream-csrf=plain; millstream-csrf-5001=b", "5001", "b"],
  ["millstream-csrf-5000=a; millstream-csrf=plain", "", "plain"],
  ["millstream-csrf-5000=behind-a-proxy", "", "behind-a-proxy"],
  ["not-millstream-csrf=x", "", undefined],
])("of the cookies %s on port %s the word is %s", (cookies, port, word) => {
  expect(sessionWord(cookies, port)).toBe(word);
});

test("only what changes something repeats the word", () => {
  vi.stubGlobal("document", { cookie: "millstream-csrf-5000=abc" });
  vi.stubGlobal("window", { location: { port: "5000" } });
  const options = { method: "POST", headers: { "Content-Type": "application/json" } };
  const sent = new Headers(withWord(options).headers);
  expect(sent.get("X-CSRF-Token")).toBe("abc");
  expect(sent.get("Content-Type")).toBe("application/json");
  expect(withWord({ method: "GET" })).toEqual({ method: "GET" });
  expect(withWord({ method: "HEAD" }).headers).toBeUndefined();
  expect(withWord({})).toEqual({});
  vi.unstubAllGlobals();
});

test.each([
  ["", "", "0 characters"],
  ["a", "a", "1 character;"],
  ["eleven char", "eleven char", "11 characters"],
  ["correct horse", "correct house", "not the same"],
])("the password %j, again %j, is refused: %s", (password, again, problem) => {
  expect(passwordProblem(password, again)).toContain(problem);
});

test("characters are counted as people see them, and twelve are enough", () => {
  expect(passwordProblem("🐴".repeat(12), "🐴".repeat(12))).toBeUndefined();
  expect(passwordProblem("🐴".repeat(11), "🐴".repeat(11))).toContain("11 characters");
});

test.each([
  ["ada", "AD"],
  ["ada.lovelace", "AL"],
  ["ada@example.org", "AE"],
  ["x", "X"],
  ["🐴horse", "🐴H"],
])("%s is drawn as %s", (name, drawn) => {
  expect(initials(name)).toBe(drawn);
});
