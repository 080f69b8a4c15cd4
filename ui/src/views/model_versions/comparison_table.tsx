/** The table of a comparison of versions. */
import { type ReactNode, useMemo } from "react";
import type { CompareHeading, CompareRow, CompareValue } from "../../data/comparison";
import { directionsOf, useGates } from "../../data/gates";
import {
  ALIASES_FACT,
  COMMIT_FACT,
  type Compared,
  REGISTERED_FACT,
  RUN_FACT,
  STAGE_FACT,
  VERSION_FACTS,
} from "../../data/version_comparison";
import { IconButton } from "../../widgets/button";
import { ComparisonTable, Distance, PlainValue } from "../../widgets/comparison_table";
import { ShortId } from "../../widgets/copy";
import { Menu } from "../../widgets/menu";
import { AliasMark, StageMark, VersionLink } from "../../widgets/registry";
import { Time } from "../../widgets/values";
import { RunLink } from "../registry_events/sentence";

interface VersionComparisonProps {
  name: string;
  compared: readonly Compared[];
  rows: readonly (CompareHeading | CompareRow)[];
  onRemove: (number: string) => void;
  onFirst: (number: string) => void;
}

export function VersionComparison({ name, compared, rows, ...on }: VersionComparisonProps) {
  const gates = useGates(name).data;
  const directions = useMemo(() => directionsOf(gates ?? []), [gates]);
  const items = compared.map(({ version }, at) => ({
    id: version.version,
    head: (
      <>
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
      </>
    ),
  }));
  const cell = (row: CompareRow, at: number) => {
    const value = row.values[at];
    if (row.section === VERSION_FACTS && value !== undefined) return factOf(row.key, value);
    return (
      <>
        <PlainValue value={value} />
        {row.section === "Metrics" && at > 0 && (
          <Distance value={value} first={row.values[0]} better={directions.get(row.key)} />
        )}
      </>
    );
  };
  return <ComparisonTable items={items} rows={rows} cell={cell} />;
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
  return <PlainValue value={text} />;
}
