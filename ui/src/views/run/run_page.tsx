/** One run: what it is, what it logged, its charts and files. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { runColours } from "../../data/colours";
import { useExtremes } from "../../data/metrics";
import { useRun } from "../../data/runs";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { useIsDark } from "../../widgets/theme";
import { TwoPanes } from "../../widgets/two_panes";
import { ChartPane } from "../metrics/chart_pane";
import { ArtifactsPane } from "./artifacts_pane";
import { FactsPane } from "./facts_pane";
import { RunHead } from "./run_head";

const USUAL_SHARE = 0.38;

export function RunPage({ experiment_id, run_id }: { experiment_id: string; run_id: string }) {
  const isDark = useIsDark();
  const found = useRun(run_id);
  const run = found.data;
  const home = run?.info.experiment_id ?? experiment_id;
  const runColour = useMemo(() => runColours(home, [run_id], isDark), [home, run_id, isDark]);

  if (found.isPending) return <Loading />;
  if (!run) {
    return (
      <Failure
        what="The run could not be loaded"
        error={found.error}
        retry={() => void found.refetch()}
      />
    );
  }
  return (
    <div className="page">
      {found.isError && <Stale error={found.error} retry={() => void found.refetch()} />}
      <TwoPanes
        views={[
          { value: "facts", label: "Overview", pane: <FactsPane run={run} /> },
          { value: "charts", label: "Charts", pane: <RunCharts run={run} runColour={runColour} /> },
          { value: "artifacts", label: "Artifacts", pane: <ArtifactsPane run={run} /> },
        ]}
        // A run without metrics has no charts to show first.
        usual={run.data?.metrics?.length ? "charts" : "artifacts"}
        usualShare={USUAL_SHARE}
        head={(choice) => <RunHead run={run}>{choice}</RunHead>}
      />
    </div>
  );
}

interface RunChartsProps {
  run: Run;
  runColour: ReadonlyMap<string, string>;
}

/** Charts of what has a course; single values stand in the list beside. */
function RunCharts({ run, runColour }: RunChartsProps) {
  const runs = useMemo(() => [run], [run]);
  const { extremes, isLoading } = useExtremes(run);
  const single = useMemo(
    () => new Set([...extremes].filter(([, { total }]) => total <= 1).map(([key]) => key)),
    [extremes],
  );
  // Charts that go away again would move what is being read.
  if (isLoading) return <Loading rows={6} />;
  const many = single.size === 1 ? "1 metric" : `${single.size} metrics`;
  const note = single.size > 0 ? `Without ${many} logged only once` : undefined;
  return <ChartPane runs={runs} runColour={runColour} note={note} without={single} />;
}
