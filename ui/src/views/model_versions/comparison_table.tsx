/** The table of a comparison: a column for each version, a row for each fact. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef } from "react";
import {
  ALIASES_FACT,
  COMMIT_FACT,
  type Compared,
  type CompareHeading,
  type CompareRow,
  type CompareValue,
  distance,
  REGISTERED_FACT,
  RUN_FACT,
  STAGE_FACT,
} from "../../data/comparison";
import { directionsOf, useGates } from "../../data/gates";
import { shortNumber } from "../../data/numbers";
import { IconButton } from "../../widgets/button";
import { ShortId } from "../../widgets/copy";
import { Menu } from "../../widgets/menu";
import { AliasMark, StageMark, VersionLink } from "../../widgets/registry";
import { Numeral, Time } from "../../widgets/values";
import { RunLink } from "../registry_events/sentence";

const ROW_HEIGHT = 30;

interface ComparisonTableProps {
  name: string;
  compared: readonly Compared[];
  rows: readonly (CompareHeading | CompareRow)[];
  onRemove: (number: string) => void;
  onFirst: (number: string) => void;
}

export function ComparisonTable({ name, compared, rows, ...on }: ComparisonTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    paddingStart: ROW_HEIGHT,
    overscan: 12,
  });
  const gates = useGates(name).data;
  const directions = useMemo(() => directionsOf(gates ?? []), [gates]);
  const columns = `minmax(140px, 240px) repeat(${compared.length}, minmax(150px, 300px))`;
  return (
    <div ref={scroller} className="comparison" role="table" aria-label="Comparison">
      <div
        className="comparison-canvas"
        role="presentation"
        style={{ height: list.getTotalSize(), minWidth: 140 + compared.length * 150 }}
      >
        <div className="comparison-head" role="row" style={{ gridTemplateColumns: columns }}>
          <span role="columnheader" className="off-screen-text">
            Fact
          </span>
          {compared.map(({ version }, at) => (
            <span key={version.version} role="columnheader">
              <VersionLink name={name} version={version.version} />
              {at === 0 && compared.length > 1 && <span className="faint">first</span>}
              <Menu
                button={<IconButton icon="more" label={`Actions for version ${version.version}`} />}
                entries={[
                  ...(at > 0
                    ? [
                        {
                          label: "Compare with this",
                          icon: "move" as const,
                          onSelect: () => on.onFirst(version.version),
                        },
                      ]
                    : []),
                  { label: "Remove", icon: "close", onSelect: () => on.onRemove(version.version) },
                ]}
              />
            </span>
          ))}
        </div>
        {list.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const place = { transform: `translateY(${item.start}px)`, gridTemplateColumns: columns };
          return row.kind === "heading" ? (
            <Heading key={row.section} row={row} place={place} />
          ) : (
            <Row
              key={`${row.section} ${row.key}`}
              row={row}
              place={place}
              directions={directions}
            />
          );
        })}
      </div>
    </div>
  );
}

interface Place {
  transform: string;
  gridTemplateColumns: string;
}

function Heading({ row, place }: { row: CompareHeading; place: Place }) {
  const hidden = row.total - row.shown;
  return (
    <div className="comparison-row heading" role="row" style={place}>
      <span role="rowheader">
        {row.section}
        <span className="faint">
          {hidden > 0 ? `${row.shown} of ${row.total} differ` : row.total}
        </span>
      </span>
    </div>
  );
}

interface RowProps {
  row: CompareRow;
  place: Place;
  /** Which metrics are better when they are higher, where that is known. */
  directions: ReadonlyMap<string, "higher" | "lower">;
}

function Row({ row, place, directions }: RowProps) {
  const [first] = row.values;
  return (
    <div className={`comparison-row ${row.differs ? "differs" : ""}`} role="row" style={place}>
      <span role="rowheader" className="ellipsis" title={row.key}>
        {row.key}
      </span>
      {row.values.map((value, at) => (
        <span
          key={at}
          role="cell"
          className={at > 0 && !Object.is(value, first) ? "other" : undefined}
        >
          {drawn(row, value)}
          {row.section === "Metrics" && at > 0 && (
            <Distance value={value} first={first} better={directions.get(row.key)} />
          )}
        </span>
      ))}
    </div>
  );
}

function drawn(row: CompareRow, value: CompareValue): ReactNode {
  if (value === undefined) return <span className="absent">–</span>;
  if (row.section === "Version") return factOf(row.key, value);
  if (typeof value === "number") return <Numeral value={value} />;
  return (
    <span className="ellipsis" title={value.slice(0, 2_000)}>
      {value.slice(0, 300)}
    </span>
  );
}

function factOf(key: string, value: CompareValue): ReactNode {
  if (key === REGISTERED_FACT) return <Time at={Number(value)} />;
  const text = String(value);
  if (key === COMMIT_FACT) return <ShortId id={text} length={7} />;
  if (key === STAGE_FACT) return <StageMark stage={text} />;
  if (key === RUN_FACT) return <RunLink run_id={text} />;
  if (key === ALIASES_FACT) {
    return (
      <span className="tags">
        {text.split(", ").map((alias) => (
          <AliasMark key={alias} alias={alias} />
        ))}
      </span>
    );
  }
  return (
    <span className="ellipsis" title={text.slice(0, 2_000)}>
      {text.slice(0, 300)}
    </span>
  );
}

interface DistanceProps {
  value: CompareValue;
  first: CompareValue;
  better: "higher" | "lower" | undefined;
}

/** The difference from the first version's number, in parts of it too, and whether it is better. */
function Distance({ value, first, better }: DistanceProps) {
  const difference = distance(value, first);
  if (difference === undefined) return null;
  const sign = difference > 0 ? "+" : "";
  const share = typeof first === "number" && first !== 0 ? (difference / Math.abs(first)) * 100 : 0;
  const percent = share ? `${sign}${shortNumber(Number(share.toPrecision(3)))} %` : undefined;
  const isBetter = better && difference > 0 === (better === "higher");
  return (
    <>
      <span className="faint">
        {sign}
        {shortNumber(difference)}
        {percent && ` (${percent})`}
      </span>
      {better && (
        <span className={isBetter ? "good-text" : "worse-text"}>
          {isBetter ? "better" : "worse"}
        </span>
      )}
    </>
  );
}
