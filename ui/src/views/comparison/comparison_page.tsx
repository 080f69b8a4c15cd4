/** Runs side by side: what they logged, their charts, their code. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { places } from "../../data/address";
import { runColours } from "../../data/colours";
import { useExperiment } from "../../data/experiments";
import { useComparedRuns } from "../../data/run_comparison";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { useIsDark } from "../../widgets/theme";
import { useTitle } from "../../widgets/title";
import { ImageSeriesPane } from "../artifacts/image_series";
import { ChartPane } from "../metrics/chart_pane";
import { CodeTable } from "./code_table";
import { useComparisonState } from "./comparison_state";
import { ComparisonToolbar } from "./comparison_toolbar";
import { FilesPane } from "./files_pane";
import { RunsComparison } from "./runs_comparison";

const NO_RUNS: Run[] = [];

export function RunComparisonPage({ experiment_id }: { experiment_id: string }) {
  const [state, change] = useComparisonState();
  const isDark = useIsDark();
  const experiment = useExperiment(experiment_id).data;
  const found = useComparedRuns(state.run_ids);
  const runs = found.data ?? NO_RUNS;
  const runColour = useMemo(() => {
    const ids = runs.map((run) => run.info.run_id);
    return runColours(experiment_id, ids, isDark);
  }, [experiment_id, runs, isDark]);
  useTitle("Compare", experiment?.name ?? experiment_id, "Experiments");
  const retry = () => void found.refetch();
  const missing = found.isPlaceholderData ? 0 : state.run_ids.length - runs.length;
  const view = { runs, runColour, state, change };
  return (
    <div className="page">
      <ComparisonToolbar state={state} change={change} />
      {found.isError && runs.length > 0 && <Stale error={found.error} retry={retry} />}
      {found.isError && runs.length === 0 && (
        <Failure what="The runs could not be loaded" error={found.error} retry={retry} />
      )}
      {found.isPending && <Loading />}
      {found.isSuccess && missing > 0 && runs.length > 0 && (
        <p className="pane-note">
          {missing === 1 ? "1 run is" : `${missing} runs are`} not to be found: deleted for good, or
          never of this server
        </p>
      )}
      {found.isSuccess && runs.length === 0 && (
        <Empty title={state.run_ids.length > 0 ? "These runs are gone" : "No runs chosen"}>
          <p>
            Select some in the table of runs (<kbd>x</kbd>) and press <kbd>c</kbd>.{" "}
            <a className="version-link" href={places.runs(experiment_id)}>
              All runs
            </a>
          </p>
        </Empty>
      )}
      {runs.length > 0 && state.view === "table" && <RunsComparison {...view} />}
      {runs.length > 0 && state.view === "charts" && (
        <ChartPane runs={runs} runColour={runColour} />
      )}
      {runs.length > 0 && state.view === "images" && (
        <ImageSeriesPane runs={runs} runColour={runColour} />
      )}
      {runs.length > 0 && state.view === "files" && <FilesPane {...view} />}
      {runs.length > 0 && state.view === "code" && <CodeTable {...view} />}
    </div>
  );
}
