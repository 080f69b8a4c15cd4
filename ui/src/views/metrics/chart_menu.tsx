/** The menu of a chart: its place and size, and what can be taken away. */
import type { RefObject } from "react";
import type { ChartSize, PlacedChart } from "../../charts/arrangement";
import { download, fileName, rowsAsCsv, rowsAsJson, type Takeaway } from "../../charts/takeaway";
import { IconButton } from "../../widgets/button";
import { copyText } from "../../widgets/copy";
import { Menu, type MenuEntry } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";
import type { ChartActions } from "./chart_actions";

interface ChartMenuProps {
  chart: PlacedChart;
  title: string;
  takeaway: RefObject<Takeaway | null>;
  actions: ChartActions;
}

const SIZES: { size: ChartSize; label: string }[] = [
  { size: 1, label: "One column wide" },
  { size: 2, label: "Two columns wide" },
  { size: "full", label: "Full width" },
];

export function ChartMenu({ chart, title, takeaway, actions }: ChartMenuProps) {
  const { id, size } = chart;
  const step = (label: string, direction: -1 | 1): MenuEntry[] => {
    const onSelect = actions.step(id, direction);
    return onSelect ? [{ label, onSelect }] : [];
  };
  const sizes = SIZES.filter((other) => other.size !== size).map(
    ({ size: other, label }): MenuEntry => ({ label, onSelect: () => actions.resize(id, other) }),
  );
  const entries: MenuEntry[] = [
    { label: "Full screen", onSelect: () => actions.open(id) },
    { label: "Edit", onSelect: () => actions.edit(id) },
    { label: "Duplicate", onSelect: () => actions.duplicate(id) },
    { label: "Remove", onSelect: () => actions.remove(id) },
    ...apart([...step("Move left", -1), ...step("Move right", 1), ...sizes]),
    ...apart(takeawayEntries(title, takeaway)),
  ];
  return (
    <Menu button={<IconButton icon="more" label={`Actions for ${title}`} />} entries={entries} />
  );
}

function apart([first, ...rest]: MenuEntry[]): MenuEntry[] {
  return first ? [{ ...first, startsGroup: true }, ...rest] : [];
}

/** Everything that leaves the page with a chart. */
export function takeawayEntries(title: string, takeaway: RefObject<Takeaway | null>): MenuEntry[] {
  const entry = (label: string, take: (from: Takeaway) => Promise<unknown>): MenuEntry => ({
    label,
    onSelect: () =>
      void attempt(`“${label}” failed`, async () => {
        if (!takeaway.current) throw new Error("the chart is not drawn yet");
        await take(takeaway.current);
      }),
  });
  const copied = (what: string, text: string) => copyText(text).then(() => say(`${what} copied`));
  const saved = async (text: string, type: string, ending: string) =>
    download(new Blob([text], { type }), fileName(title, ending));
  return [
    entry("Copy as image", async (from) => {
      const image = await from.png();
      // Outside of HTTPS browsers copy no images.
      if (!navigator.clipboard || !("ClipboardItem" in window)) {
        download(image, fileName(title, "png"));
        return;
      }
      await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
      say("Image copied");
    }),
    entry("Download PNG", async (from) => download(await from.png(), fileName(title, "png"))),
    entry("Download SVG", (from) => saved(from.svg(), "image/svg+xml", "svg")),
    entry("Copy data as CSV", (from) => copied("Data", rowsAsCsv(from.rows()))),
    entry("Download CSV", (from) => saved(rowsAsCsv(from.rows()), "text/csv", "csv")),
    entry("Download JSON", (from) => saved(rowsAsJson(from.rows()), "application/json", "json")),
    entry("Copy Python code", (from) => copied("Code", from.code())),
  ];
}
