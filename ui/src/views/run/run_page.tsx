/** One run: what it is, what it logged, its charts, images, console and files. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { runColours } from "../../data/colours";
import { rowOf } from "../../data/columns";
import { useExtremes } from "../../data/metrics";
import { useRun } from "../../data/runs";
import { later } from "../../widgets/later";
import { LoadedPage } from "../../widgets/loaded_page";
import { Loading } from "../../widgets/panels";
import { useIsDark } from "../../widgets/theme";
import { TwoPanes } from "../../widgets/two_panes";
import { ChartPane } from "../metrics/chart_pane";
import { FactsPane } from "./facts_pane";
import { contentsOf, isOfSystem } from "./run_contents";
import { RunHead } from "./run_head";

const WAITING = <Loading rows={6} />;
const ArtifactsPane = later(
  async () => (await import("../artifacts/artifacts_pane")).ArtifactsPane,
  WAITING,
);
const ImageSeriesPane = later(
  async () => (await import("../artifacts/image_series")).ImageSeriesPane,
  WAITING,
);
const ConsolePane = later(
  async () => (await import("../console/console_pane")).ConsolePane,
  WAITING,
);
const SweepPane = later(async () => (await import("../sweeps/sweep_pane")).SweepPane, WAITING);
const OverviewPane = later(async () => (await import("./overview_pane")).OverviewPane, WAITING);

const USUAL_SHARE = 0.38;
/** The parent of a sweep logs little itself. */
const SHARE_OF_SWEEP = 0.24;

export function RunPage({ experiment_id, run_id }: { experiment_id: string; run_id: string }) {
  const isDark = useIsDark();
  const found = useRun(run_id);
  const home = found.data?.info.experiment_id ?? experiment_id;
  const runColour = useMemo(() => runColours(home, [run_id], isDark), [home, run_id, isDark]);
  return (
    <LoadedPage found={found} what="The run">
      {(run) => <RunPanes run={run} runColour={runColour} />}
    </LoadedPage>
  );
}

interface RunProps {
  run: Run;
  runColour: ReadonlyMap<string, string>;
}

function RunPanes({ run, runColour }: RunProps) {
  const { hasOwnMetrics, hasSystemMetrics, hasImages, isSweep } = contentsOf(rowOf(run));
  const charts = (part: "own" | "system") => (
    <RunCharts key={part} run={run} runColour={runColour} part={part} />
  );
  const images = <ImageSeriesPane runs={[run]} runColour={runColour} />;
  return (
    <TwoPanes
      views={[
        { value: "values", label: "Values", pane: <FactsPane run={run} /> },
        { value: "overview", label: "Overview", pane: <OverviewPane run={run} /> },
        ...(isSweep ? [{ value: "sweep", label: "Sweep", pane: <SweepPane run={run} /> }] : []),
        { value: "charts", label: "Charts", pane: charts("own") },
        ...(hasSystemMetrics ? [{ value: "system", label: "System", pane: charts("system") }] : []),
        ...(hasImages ? [{ value: "images", label: "Images", pane: images }] : []),
        { value: "console", label: "Console", pane: <ConsolePane run={run} /> },
        { value: "artifacts", label: "Artifacts", pane: <ArtifactsPane run={run} /> },
      ]}
      // A run without metrics has no charts to show first.
      usual={isSweep ? "sweep" : hasOwnMetrics ? "charts" : hasImages ? "images" : "overview"}
      usualShare={isSweep ? SHARE_OF_SWEEP : USUAL_SHARE}
      head={(choice) => <RunHead run={run}>{choice}</RunHead>}
    />
  );
}

interface RunChartsProps extends RunProps {
  part: "own" | "system";
}

/** Charts of what has a course; single values stand in the list beside. */
function RunCharts({ run, runColour, part }: RunChartsProps) {
  const runs = useMemo(() => [run], [run]);
  const { extremes, isLoading } = useExtremes(run);
  const { without, single } = useMemo(() => {
    const isLeftOut = (key: string) => isOfSystem(key) !== (part === "system");
    const keys = run.data?.metrics?.map(({ key }) => key) ?? [];
    const once = keys.filter((key) => !isLeftOut(key) && extremes.get(key)?.points === 1);
    return { without: new Set([...keys.filter(isLeftOut), ...once]), single: once.length };
  }, [run, extremes, part]);
  // Charts that go away again would move what is being read.
  if (isLoading) return <Loading rows={6} />;
  const many = single === 1 ? "1 metric" : `${single} metrics`;
  const note = single > 0 ? `Without ${many} logged only once` : undefined;
  return <ChartPane runs={runs} runColour={runColour} note={note} without={without} />;
}
