import { describe, expect, it, test } from "vitest";
import type { AuditEvent, AuditVerification, Member, Token } from "../src/api/types.gen";
import { detailsOf, subjectOf, verdictOf } from "../src/data/audit_events";
import { includes, ownGrantOf, wayOf } from "../src/data/permissions";
import { permissionText } from "../src/data/roles";
import { expirationAfter, tokenState } from "../src/data/tokens";
import { isOfOne, roleNames, usersNamed } from "../src/data/users";

const DAY = 86_400_000;

describe("tokens", () => {
  const token = (expiration_time: number): Token => ({
    token_id: "t",
    name: "nightly",
    username: "ada",
    scope: "read",
    creation_time: 0,
    expiration_time,
  });

  it.each([
    [10 * DAY, "expired"],
    [10 * DAY + 1, "ending"],
    [17 * DAY - 1, "ending"],
    [17 * DAY, "valid"],
  ])("that end at %i are %s on day ten", (end, state) => {
    expect(tokenState(token(end), 10 * DAY)).toBe(state);
  });

  it("live for days, or as long as the server lets them", () => {
    expect(expirationAfter(7, 1_000)).toBe(1_000 + 7 * DAY);
    expect(expirationAfter(undefined, 1_000)).toBeUndefined();
  });
});

describe("members", () => {
  const here = { resource_type: "experiment", resource_id: "7" } as const;
  const member = (fields: Partial<Member>): Member => ({
    permission: "EDIT",
    resource_type: "experiment",
    resource_pattern: "7",
    ...fields,
  });

  it("can be changed where they were granted something here by themselves", () => {
    expect(ownGrantOf(member({ username: "bob" }), here)).toEqual({ kind: "user", name: "bob" });
    expect(ownGrantOf(member({ group: "all" }), here)).toEqual({ kind: "group", name: "all" });
    expect(ownGrantOf(member({ role: "reviewers" }), here)).toBeUndefined();
    expect(ownGrantOf(member({ username: "bob", resource_pattern: "*" }), here)).toBeUndefined();
  });

  it("are told by which way", () => {
    expect(wayOf(member({ username: "bob" }), here)).toBe("granted here");
    expect(wayOf(member({ username: "bob", resource_pattern: "*" }), here)).toBe(
      "on all experiments",
    );
    expect(wayOf(member({ role: "r" }), here)).toBe("role");
    const wide = member({ role: "r", resource_type: "workspace", resource_pattern: "*" });
    expect(wayOf(wide, here)).toBe("role, on all of the workspace");
  });

  it("have permissions in an order, in which shut out is less than nothing", () => {
    const order = ["DENY", "NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE"] as const;
    for (const [at, one] of order.entries()) {
      for (const [place, other] of order.entries()) expect(includes(one, other)).toBe(at >= place);
    }
  });
});

describe("users and roles", () => {
  const role = (name: string) => ({ id: 1, name, workspace: "default", permissions: [] });
  const user = { id: 1, username: "Ada", is_admin: false, roles: [role("r"), role("__user_7__")] };

  it("leave out the roles that hold what was granted to one alone", () => {
    expect(roleNames(user)).toEqual(["r"]);
    expect(isOfOne("__group_12__")).toBe(true);
    expect(isOfOne("__user_x__")).toBe(false);
  });

  it("are found by a part of a name, whatever its case", () => {
    expect(usersNamed([user], " ad ")).toEqual([user]);
    expect(usersNamed([user], "bob")).toEqual([]);
  });

  it("say what is permitted", () => {
    const found = { id: 1, role_id: 1, resource_type: "registered_model", permission: "MANAGE" };
    expect(permissionText({ ...found, resource_pattern: "*" } as never)).toBe(
      "Manager of all models",
    );
    expect(permissionText({ ...found, resource_pattern: "prices" } as never)).toBe(
      "Manager of model prices",
    );
  });
});

const event: AuditEvent = {
  sequence: 1,
  timestamp: 0,
  actor: "ada",
  token_id: null,
  address: null,
  action: "permission.grant",
  resource_type: "registered_model",
  resource_id: "prices",
  result: "success",
  details: { user: "bob", permission: "EDIT" },
};

test("an entry of the log is told in words", () => {
  expect(subjectOf(event)).toBe("registered model prices");
  expect(subjectOf({ ...event, resource_type: null, resource_id: null })).toBe("");
  expect(detailsOf(event)).toBe("user=bob, permission=EDIT");
});

test("the verdict says how far the log is right, and where it is not", () => {
  const whole: AuditVerification = { intact: true, events: 1, hash: "ab".repeat(32) };
  expect(verdictOf(whole)).toContain("whole: 1 entry is right");
  expect(verdictOf({ ...whole, events: 1234 })).toContain("1,234 entries are right");
  const broken = { ...whole, intact: false, broken_sequence: 5, problem: "it was changed" };
  expect(verdictOf(broken)).toContain("broken at entry 5: it was changed");
});
