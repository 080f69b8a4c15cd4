/** The cells of a group of runs: its values, how many runs it has, and their numbers summed up. */
import type { Column } from "../../api/types.gen";
import { ATTRIBUTES, type CellValue, columnId, columnOf, fullLabelOf } from "../../data/columns";
import { count, exactNumber, shortNumber } from "../../data/numbers";
import { groupValues, numbersOf, TIMES } from "../../data/run_groups";
import type { GroupLine } from "../../data/table_lines";
import { duration, exactTime, relativeTime, roughDuration } from "../../data/times";
import { Twisty } from "./name_cell";

/** A value of a column in words; undefined is the absence of one. */
export function valueText(id: string, value: CellValue): string {
  if (value === undefined) return "–";
  const key = id.startsWith("attributes.") ? id.slice("attributes.".length) : "";
  if (key === "duration") return duration(Number(value));
  if (ATTRIBUTES[key]?.isNumeric) return exactTime(Number(value));
  return typeof value === "number" ? shortNumber(value) : value.slice(0, 200);
}

interface GroupNameProps {
  line: GroupLine;
  by: readonly Column[];
  /** The colours of groups in charts, by their labels. */
  groupColour: ReadonlyMap<string, string>;
  onExpand: (line: GroupLine, isExpanded: boolean) => void;
}

/** The values of some columns in words, as one text. */
export function groupLabel(ids: readonly string[], values: readonly CellValue[]): string {
  return ids.map((id, at) => valueText(id, values[at])).join(" · ");
}

/** What the runs of a group have in common. */
export function GroupName({ line, by, groupColour, onExpand }: GroupNameProps) {
  const values = groupValues(line.id);
  const parts = by.map((column, at) => {
    const id = columnId(column);
    const known = columnOf(id);
    return { id, label: known ? fullLabelOf(known) : id, text: valueText(id, values[at]) };
  });
  const whole = parts.map(({ label, text }) => `${label}: ${text}`).join("\n");
  return (
    <span className="run-name" title={whole}>
      <Twisty
        isExpanded={line.isExpanded}
        label={`the runs of ${whole}`}
        onToggle={(isExpanded) => onExpand(line, isExpanded)}
      />
      <i
        className="swatch"
        style={{
          background: groupColour.get(groupLabel(by.map(columnId), values)) ?? "transparent",
        }}
      />
      <span className="group-values">
        {parts.map(({ id, label, text }) => (
          <span key={id} className="group-value">
            <span className="faint">{label}</span> <b>{text}</b>
          </span>
        ))}
      </span>
      <span className="faint">{count(line.groups.counts[line.at] ?? 0)}</span>
    </span>
  );
}

/** The mean and the sample standard deviation of a column; of moments the latest. */
export function GroupCell({ line, id }: { line: GroupLine; id: string }) {
  const numbers = numbersOf(line.groups, line.at, id);
  if (!numbers) return null;
  const { mean, deviation, lowest, highest } = numbers;
  if (mean === undefined) return <span className="absent">–</span>;
  if (TIMES.has(id)) return <LatestTime earliest={lowest ?? mean} latest={highest ?? mean} />;
  const isTime = id === "attributes.duration";
  const exact = isTime ? duration : exactNumber;
  const rounded = (value: number, digits: number) => shortNumber(Number(value.toPrecision(digits)));
  const hint = [
    `mean of ${numbers.count}: ${exact(mean)}`,
    deviation !== undefined && `standard deviation (n − 1): ${exact(deviation)}`,
    lowest !== undefined && `lowest: ${exact(lowest)}`,
    highest !== undefined && `highest: ${exact(highest)}`,
  ].filter(Boolean);
  return (
    <span title={hint.join("\n")}>
      {isTime ? duration(mean) : rounded(mean, MEAN_DIGITS)}
      {deviation !== undefined && (
        <span className="faint">
          {" "}
          ±{isTime ? roughDuration(deviation) : rounded(deviation, DEVIATION_DIGITS)}
        </span>
      )}
    </span>
  );
}

function LatestTime({ earliest, latest }: { earliest: number; latest: number }) {
  return (
    <time title={`latest: ${exactTime(latest)}\nearliest: ${exactTime(earliest)}`}>
      {relativeTime(latest, Date.now())}
    </time>
  );
}

const MEAN_DIGITS = 4;
/** A deviation needs fewer digits than its mean. */
const DEVIATION_DIGITS = 2;
