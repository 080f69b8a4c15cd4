/** The versions of a model: a table of what differs among them; some can be compared. */
import { useMemo, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import type { ModelVersion } from "../../api/types.gen";
import { changeQuery, goTo, joinList, places, splitList, useAddress } from "../../data/address";
import { useLiveDeployments } from "../../data/deployments";
import { versionFilter } from "../../data/language";
import { useModelVersions } from "../../data/model_versions";
import { useOrigins } from "../../data/version_origins";
import { Button } from "../../widgets/button";
import { FilterBox } from "../../widgets/filter_box";
import { Grid } from "../../widgets/grid";
import { formatSorting, parseSorting, type Sorting } from "../../widgets/grid_column";
import { useKeys } from "../../widgets/keys";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { NoVersions } from "./no_versions";
import { type Asked, VersionDialog } from "./version_dialogs";
import { versionColumns } from "./versions_columns";

const LABEL = "Filter: a number, or version_number > 3 and tags.reviewed = 'yes'";
const HIGHEST_FIRST: Sorting = { id: "version_number", isDescending: true };
const NO_VERSIONS: ModelVersion[] = [];
export const MOST_COMPARED = 10;

export function VersionsPane({ name }: { name: string }) {
  const { query } = useAddress();
  const text = query.get("filter") ?? "";
  const sorting = parseSorting(query.get("sort"))[0] ?? HIGHEST_FIRST;
  const order = `${sorting.id} ${sorting.isDescending ? "DESC" : "ASC"}`;
  const found = useModelVersions(name, versionFilter(name, text), order);
  const problem =
    text && found.error instanceof ApiError && found.error.status === 400 ? found.error : undefined;
  const versions = useShown(found.data?.pages);
  const [asked, setAsked] = useState<Asked>();
  const [widths, setWidths] = useState<Record<string, number>>({});
  const field = useRef<HTMLInputElement>(null);
  const origins = useOrigins(versions);
  const live = useLiveDeployments(name);
  const columns = useMemo(
    () => versionColumns(versions, origins, live, setAsked),
    [versions, origins, live],
  );
  useKeys({ "/": () => field.current?.focus() });
  const retry = () => void found.refetch();
  const isBare = found.isSuccess && versions.length === 0 && !text;
  if (isBare) return <NoVersions name={name} />;
  return (
    <section className="versions" aria-label="Versions">
      <div className="toolbar">
        <FilterBox
          label={LABEL}
          field={field}
          applied={text}
          problem={problem?.advice}
          onApply={(filter) => changeQuery({ filter })}
        />
        <Selection name={name} loaded={versions.length} hasMore={found.hasNextPage} />
      </div>
      {found.isPending && <Loading />}
      {found.isError && !problem && versions.length > 0 && (
        <Stale error={found.error} retry={retry} />
      )}
      {found.isError && !problem && versions.length === 0 && (
        <Failure what="The versions could not be loaded" error={found.error} retry={retry} />
      )}
      {found.isSuccess && versions.length === 0 && <Empty title="No version matches the filter" />}
      {versions.length > 0 && (
        <Grid
          label="Versions"
          rows={versions}
          rowId={(version) => version.version}
          columns={columns}
          sorting={[sorting]}
          onSort={(to) => changeQuery({ sort: formatSorting(to) })}
          widths={widths}
          onWidths={setWidths}
          selected={new Set(splitList(query.get("selected")))}
          onSelect={(selected) => changeQuery({ selected: joinList([...selected]) })}
          onOpen={(version) => goTo(places.version(name, version.version))}
          onEnd={() => found.hasNextPage && !found.isFetching && void found.fetchNextPage()}
          isDimmed={found.isPlaceholderData || problem !== undefined}
        />
      )}
      {asked && <VersionDialog asked={asked} onClose={() => setAsked(undefined)} />}
    </section>
  );
}

/** The versions loaded so far; while a filter is refused, those of before. */
function useShown(pages: { model_versions?: ModelVersion[] }[] | undefined): ModelVersion[] {
  const last = useRef(pages);
  if (pages) last.current = pages;
  const shown = last.current;
  return useMemo(
    () => shown?.flatMap((page) => page.model_versions ?? NO_VERSIONS) ?? NO_VERSIONS,
    [shown],
  );
}

interface SelectionProps {
  name: string;
  loaded: number;
  hasMore: boolean;
}

/** How many there are, or what to do with those selected. */
function Selection({ name, loaded, hasMore }: SelectionProps) {
  const { query } = useAddress();
  const selected = splitList(query.get("selected"));
  const canCompare = selected.length >= 2 && selected.length <= MOST_COMPARED;
  const compare = () => canCompare && goTo(places.comparison(name, newestFirst(selected)));
  useKeys({ c: compare });
  if (selected.length === 0) {
    return (
      <span className="count">
        {loaded}
        {hasMore && "+"} {loaded === 1 ? "version" : "versions"}
      </span>
    );
  }
  const hint =
    selected.length > MOST_COMPARED
      ? `At most ${MOST_COMPARED} versions can be compared`
      : "Select at least two versions";
  return (
    <span className="selection">
      <b>{selected.length}</b> selected
      <Button
        icon="split"
        disabled={!canCompare}
        title={canCompare ? "Compare (c)" : hint}
        onClick={compare}
      >
        Compare
      </Button>
      <Button tone="quiet" onClick={() => changeQuery({ selected: "" })}>
        Clear
      </Button>
    </span>
  );
}

/** Numbers of versions, the highest first. */
export function newestFirst(versions: readonly string[]): string[] {
  return [...versions].sort((a, b) => Number(b) - Number(a));
}
