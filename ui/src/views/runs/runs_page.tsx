/** The runs of an experiment: a table, and charts of what is selected. */
import { useEffect, useMemo, useRef } from "react";
import { ApiError } from "../../api/client";
import type { Run } from "../../api/types.gen";
import { allColumns, chooseColumns, rowOf, type Survey, surveyPages } from "../../data/columns";
import { useExperiment } from "../../data/experiments";
import { useRuns } from "../../data/runs";
import { useKeys } from "../../widgets/keys";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { Split } from "../../widgets/split";
import { useIsNarrow } from "../../widgets/width";
import { ChartPane } from "../metrics/chart_pane";
import { useDrawnRuns } from "./drawn_runs";
import { FilterExamples, NoRuns } from "./no_runs";
import { type RunsState, searchOf, useRunsState } from "./runs_state";
import { RunsTable } from "./runs_table";
import { RunsToolbar } from "./runs_toolbar";

export function RunsPage({ experiment_id }: { experiment_id: string }) {
  const [state, change] = useRunsState();
  const isNarrow = useIsNarrow();
  const field = useRef<HTMLInputElement>(null);
  const found = useRuns(searchOf(experiment_id, state));
  const problem = refusal(found.error);
  const { runs, rows, survey } = useLoaded(found.data?.pages, problem !== undefined);
  const drawn = useDrawnRuns(experiment_id, runs, state.selected);
  const chosen = useChosen(survey, state);
  useKeys({ "/": () => field.current?.focus() });
  useTitle(experiment_id);

  const retry = () => void (found.isFetchNextPageError ? found.fetchNextPage() : found.refetch());
  const charts = <ChartPane {...drawn} />;
  const table = rows.length > 0 && (
    <>
      {found.isError && !problem && <Stale error={found.error} retry={retry} />}
      <RunsTable
        experiment_id={experiment_id}
        rows={rows}
        chosen={chosen}
        runColour={drawn.runColour}
        state={state}
        change={change}
        isDimmed={found.isPlaceholderData || problem !== undefined}
        onEnd={() =>
          found.hasNextPage && !found.isFetching && !found.isError && void found.fetchNextPage()
        }
      />
    </>
  );
  const panes = panesOf(state, isNarrow);
  return (
    <div className="page">
      <RunsToolbar
        field={field}
        state={state}
        change={change}
        panes={panes}
        isNarrow={isNarrow}
        problem={problem?.message}
        survey={survey}
        all={allColumns(survey)}
        chosen={chosen}
        rows={rows}
        hasMore={found.hasNextPage}
      />
      {found.isPending && <Loading />}
      {found.isError && !problem && rows.length === 0 && (
        <Failure what="The runs could not be loaded" error={found.error} retry={retry} />
      )}
      {problem && rows.length === 0 && <FilterExamples />}
      {found.isSuccess && rows.length === 0 && (
        <NoRuns
          experiment_id={experiment_id}
          state={state}
          onClear={() => change({ filter: "" })}
        />
      )}
      {table && panes === "table" && table}
      {table && panes === "charts" && charts}
      {table && panes === "both" && (
        <Split
          left={table}
          right={charts}
          share={state.share}
          onShare={(share) => change({ share })}
        />
      )}
    </div>
  );
}

/** What the server has against the filter, if that is the trouble. */
function refusal(error: Error | null): ApiError | undefined {
  return error instanceof ApiError && error.status === 400 ? error : undefined;
}

const NO_RUNS: Run[] = [];
const NO_PAGES: { runs?: Run[] }[] = [];

/** The runs loaded so far; while a filter is refused, those of before. */
function useLoaded(pages: { runs?: Run[] }[] | undefined, isRefused: boolean) {
  const last = useRef(NO_PAGES);
  if (pages) last.current = pages;
  const shown = pages ?? (isRefused ? last.current : NO_PAGES);
  return useMemo(() => {
    const lists = shown.map((page) => page.runs ?? NO_RUNS);
    const runs = lists.flat();
    return { runs, rows: runs.map(rowOf), survey: surveyPages(lists) };
  }, [shown]);
}

function useTitle(experiment_id: string): void {
  const name = useExperiment(experiment_id).data?.name;
  useEffect(() => {
    if (name) document.title = `${name} · Millstream`;
  }, [name]);
}

function panesOf(state: RunsState, isNarrow: boolean) {
  if (!isNarrow) return state.panes ?? "both";
  return state.panes === "charts" ? "charts" : "table";
}

/** The same columns as long as neither the runs nor the choice change. */
function useChosen(survey: Survey, { shown, hidden }: RunsState) {
  const on = [...shown].join("\n");
  const off = [...hidden].join("\n");
  return useMemo(() => {
    const set = (text: string) => new Set(text.split("\n"));
    return chooseColumns(survey, set(on), set(off));
  }, [survey, on, off]);
}
