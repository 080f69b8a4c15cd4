import { expect, test, vi } from "vitest";

const NAMES = ["layer 10", "layer 9", "Loss", "accuracy", "loss"];

test("names are in the order of the numbers in them, capitals beside small letters", async () => {
  const { byName } = await import("../src/data/order");
  const sorted = NAMES.toSorted(byName);
  expect(sorted).toEqual(["accuracy", "layer 9", "layer 10", "loss", "Loss"]);
});

test("the rules of the language are read once, and not before something is sorted", async () => {
  vi.resetModules();
  const { Collator } = Intl;
  const made = vi.spyOn(Intl, "Collator").mockImplementation(
    class {
      compare = new Collator("en", { numeric: true }).compare;
    } as unknown as (typeof Intl)["Collator"],
  );
  const { byName } = await import("../src/data/order");
  expect(made).not.toHaveBeenCalled();
  NAMES.toSorted(byName);
  expect(made).toHaveBeenCalledOnce();
  made.mockRestore();
});
