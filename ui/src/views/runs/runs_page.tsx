/** The runs of an experiment: a table, and charts of what is selected. */
import { useEffect, useRef } from "react";
import { ApiError } from "../../api/client";
import { useAddress } from "../../data/address";
import { useExperiment } from "../../data/experiments";
import { useKeys } from "../../widgets/keys";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { Split } from "../../widgets/split";
import { useIsNarrow } from "../../widgets/width";
import { ChartPane } from "../metrics/chart_pane";
import { parseSpread } from "../metrics/spread";
import { useDrawnRuns } from "./drawn_runs";
import { FilterExamples, NoRuns } from "./no_runs";
import { type RunsState, useRunsState } from "./runs_state";
import { RunsTable } from "./runs_table";
import { RunsToolbar } from "./runs_toolbar";
import { useRunsView } from "./runs_view";

const NOT_GROUPED: readonly string[] = [];
const NO_COLOURS: ReadonlyMap<string, string> = new Map();

export function RunsPage({ experiment_id }: { experiment_id: string }) {
  const [state, change, selection] = useRunsState(experiment_id);
  const isNarrow = useIsNarrow();
  const field = useRef<HTMLInputElement>(null);
  const view = useRunsView(experiment_id, state);
  const { lines } = view;
  const problem = refusal(lines.error);
  const hasRows = lines.length > 0;
  const isEmpty = lines.total === 0 && !lines.isOld;
  const drawn = useDrawnRuns(
    experiment_id,
    view.first,
    state.selected,
    view.query.layout === "groups" ? state.groupBy : NOT_GROUPED,
  );
  const spread = parseSpread(useAddress().query);
  useKeys({ "/": () => field.current?.focus() });
  // An experiment that there is not has no runs either.
  const experiment = useExperiment(experiment_id);
  useTitle(experiment.data?.name);

  const charts = (
    <ChartPane
      {...drawn}
      source={view.query.runs}
      selected={state.selected}
      onSelect={(run_ids) => change({ selected: new Set(run_ids) })}
    />
  );
  const table = hasRows && (
    <>
      {lines.error && !problem && <Stale error={lines.error} retry={lines.retry} />}
      <RunsTable
        {...view}
        experiment_id={experiment_id}
        runColour={drawn.runColour}
        groupColour={spread === "none" ? NO_COLOURS : drawn.groupColour}
        state={state}
        change={change}
        isDimmed={lines.isOld || problem !== undefined}
      />
    </>
  );
  const panes = panesOf(state, isNarrow);
  return (
    <div className="page">
      <RunsToolbar
        {...view}
        field={field}
        state={state}
        change={change}
        selection={selection}
        panes={panes}
        isNarrow={isNarrow}
        problem={problem}
      />
      {lines.isPending && <Loading />}
      {lines.error && !problem && !hasRows && (
        <Failure what="The runs could not be loaded" error={lines.error} retry={lines.retry} />
      )}
      {problem && !hasRows && <FilterExamples />}
      {isEmpty && experiment.error && (
        <Failure
          what="The experiment could not be loaded"
          error={experiment.error}
          retry={() => void experiment.refetch()}
        />
      )}
      {isEmpty && !experiment.error && (
        <NoRuns
          experiment_id={experiment_id}
          state={state}
          onClear={() => change({ filter: "", statuses: [] })}
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

function useTitle(name: string | undefined): void {
  useEffect(() => {
    if (name) document.title = `${name} · Millstream`;
  }, [name]);
}

function panesOf(state: RunsState, isNarrow: boolean) {
  if (!isNarrow) return state.panes ?? "both";
  return state.panes === "charts" ? "charts" : "table";
}
