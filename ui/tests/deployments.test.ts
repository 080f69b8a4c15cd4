import { expect, test } from "vitest";
import type { Deployment } from "../src/api/types.gen";
import { placeOf, shortDigest } from "../src/data/deployments";

const CHURN: Deployment = {
  deployment_id: "d1",
  target: "kubernetes://production",
  name: "churn",
  revision: 1,
  model_uri: "models:/churn/1",
  state: "live",
  creation_time: 1,
};

test("a place says its endpoint if it has one", () => {
  expect(placeOf(CHURN)).toBe("churn on kubernetes://production");
  expect(placeOf({ ...CHURN, endpoint: "blue" })).toBe("churn of blue on kubernetes://production");
});

test("a digest is short without its algorithm", () => {
  expect(shortDigest(`sha256:${"0123456789abcdef".repeat(4)}`)).toBe("0123456789ab");
  expect(shortDigest("0123")).toBe("0123");
});
