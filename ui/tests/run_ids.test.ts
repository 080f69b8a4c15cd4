import { describe, expect, test } from "vitest";
import { formatAddress, parseAddress } from "../src/data/address";
import { partsOf } from "../src/data/metrics";
import { joinRunIds, splitRunIds } from "../src/data/run_ids";

/** Ids as servers make them, the same in every run of the test. */
function idsOf(count: number): string[] {
  let state = 1;
  const digit = () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 16).toString(16);
  };
  return Array.from({ length: count }, () => Array.from({ length: 32 }, digit).join(""));
}

describe("the ids of runs in an address", () => {
  const many = idsOf(200);

  test.each([
    ["none", []],
    ["few", many.slice(0, 3)],
    ["many", many],
    ["chosen by scripts", ["a", "run,1", "b-2"]],
    ["mixed, in their order", ["z", ...many.slice(0, 9), "a", ...many.slice(9, 11), "b"]],
    ["like others but in capitals", many.slice(0, 9).map((id) => id.toUpperCase())],
  ])("survive a round trip: %s", (_, ids) => {
    const address = formatAddress(["x"], { runs: joinRunIds(ids) });
    expect(splitRunIds(parseAddress(address).query.get("runs"))).toEqual(ids);
  });

  test("few can be read, 200 are short enough to be sent", () => {
    expect(joinRunIds(many.slice(0, 2))).toBe(`${many[0]},${many[1]}`);
    const address = formatAddress(["experiments", "7", "compare"], { runs: joinRunIds(many) });
    expect(address.length).toBeLessThan(4_400);
  });

  test("written by hand or by older pages they are read", () => {
    expect(splitRunIds(many.join(","))).toEqual(many);
    expect(splitRunIds(null)).toEqual([]);
  });

  test("cut by what they were sent with, those that are whole are read", () => {
    const text = joinRunIds(many);
    expect(splitRunIds(text.slice(0, text.length / 2))).toEqual(many.slice(0, 99));
    expect(splitRunIds("~a")).toEqual([]);
    expect(splitRunIds("~ü")).toEqual([]);
  });
});

test("series are asked for in parts that the server answers", () => {
  const request = {
    run_ids: idsOf(200),
    metric_keys: Array.from({ length: 8 }, String),
    buckets: 9,
  };
  const parts = partsOf(request);
  expect(parts.map(({ run_ids }) => run_ids.length)).toEqual([125, 75]);
  expect(parts.flatMap(({ run_ids }) => run_ids)).toEqual(request.run_ids);
  expect(partsOf({ ...request, metric_keys: ["a"] })).toEqual([{ ...request, metric_keys: ["a"] }]);
});
