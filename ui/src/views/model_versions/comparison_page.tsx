/** Versions side by side: what differs stands out. */
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { changeQuery, joinList, places, splitList, useAddress } from "../../data/address";
import { folderOf, manifestQuery } from "../../data/model_files";
import { useLineages, useModelVersionsByNumber } from "../../data/model_versions";
import { type Compared, compareVersions } from "../../data/version_comparison";
import { Choice } from "../../widgets/button";
import { Empty, Failure, Loading } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { AddVersion } from "./add_version";
import { VersionComparison } from "./comparison_table";
import { MOST_COMPARED } from "./versions_pane";

const SHOWN = [
  { value: "differences" as const, label: "Differences" },
  { value: "all" as const, label: "All" },
];

export function VersionComparisonPage({ name }: { name: string }) {
  const { query } = useAddress();
  const numbers = splitList(query.get("versions")).slice(0, MOST_COMPARED);
  const found = useModelVersionsByNumber(name, numbers);
  const compared = useCompared(name, numbers, found);
  const shown = query.get("show") === "all" ? "all" : "differences";
  const rows = useMemo(() => compareVersions(compared, shown === "differences"), [compared, shown]);
  useTitle("Compare", name, "Models");
  const change = (to: readonly string[]) => changeQuery({ versions: joinList(to) });
  const failed = found.find((each) => each.isError && !each.data);
  return (
    <div className="page">
      <div className="toolbar">
        <AddVersion
          isFull={numbers.length >= MOST_COMPARED}
          onAdd={(number) => !numbers.includes(number) && change([...numbers, number])}
        />
        <Choice
          label="Rows"
          value={shown}
          options={SHOWN}
          onChange={(to) => changeQuery({ show: to === "all" ? "all" : "" })}
        />
        <span className="push" />
        <span className="count">Differences of numbers are from the first version</span>
      </div>
      {failed && (
        <Failure
          what="A version could not be loaded"
          error={failed.error}
          retry={() => void failed.refetch()}
        />
      )}
      {!failed && compared.length < numbers.length && <Loading />}
      {numbers.length === 0 && (
        <Empty title="No versions chosen">
          <p>
            Select them in the table of the model’s versions, or type their numbers above.{" "}
            <a className="version-link" href={places.model(name)}>
              All versions
            </a>
          </p>
        </Empty>
      )}
      {compared.length > 0 && compared.length === numbers.length && (
        <VersionComparison
          name={name}
          compared={compared}
          rows={rows}
          onRemove={(number) => change(numbers.filter((each) => each !== number))}
          onFirst={(number) => change([number, ...numbers.filter((each) => each !== number)])}
        />
      )}
    </div>
  );
}

/** The versions that have been loaded, with what is known of each so far. */
function useCompared(
  name: string,
  numbers: readonly string[],
  found: ReturnType<typeof useModelVersionsByNumber>,
): Compared[] {
  const lineages = useLineages(name, numbers);
  const manifests = useQueries({
    queries: found.map(({ data }, at) =>
      manifestQuery(data && lineages[at]?.data ? folderOf(data, lineages[at]?.data) : undefined),
    ),
  });
  return found.flatMap(({ data }, at) =>
    data ? [{ version: data, lineage: lineages[at]?.data, manifest: manifests[at]?.data }] : [],
  );
}
