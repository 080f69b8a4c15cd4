import { expect, test } from "vitest";
import { workspaceCookie, workspaceNameProblem } from "../src/data/workspaces";

test("a workspace is named by a cookie of this server alone", () => {
  expect(workspaceCookie("team a/é", new URL("http://box:5000/"))).toBe(
    "millstream-workspace-5000=team%20a%2F%C3%A9; Path=/; Max-Age=31536000; SameSite=Lax",
  );
  expect(workspaceCookie("red", new URL("https://ml.example.com/tracking/"))).toBe(
    "millstream-workspace=red; Path=/tracking/; Max-Age=31536000; SameSite=Lax; Secure",
  );
});

test("an empty name takes the cookie away", () => {
  expect(workspaceCookie("", new URL("http://box:5000/"))).toContain("=; Path=/; Max-Age=0;");
});

test.each(["red-team", "a1", "default", "0-0", "a".repeat(63)])("%s can be a name", (name) => {
  expect(workspaceNameProblem(name)).toBeUndefined();
});

test.each(["a", "Red", "-a", "a-", "a b", "a".repeat(64), ""])("%j cannot be a name", (name) => {
  expect(workspaceNameProblem(name)).toMatch(/characters|letters/);
});
