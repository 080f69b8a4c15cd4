/** One run: what it is, what it logged, its charts and files. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { runColours } from "../../data/colours";
import { useExtremes } from "../../data/metrics";
import { useRun } from "../../data/runs";
import { Choice } from "../../widgets/button";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { Split } from "../../widgets/split";
import { useIsDark } from "../../widgets/theme";
import { useIsNarrow } from "../../widgets/width";
import { ChartPane } from "../metrics/chart_pane";
import { ArtifactsPane } from "./artifacts_pane";
import { FactsPane } from "./facts_pane";
import { RunHead } from "./run_head";

type View = "facts" | "charts" | "artifacts";
const VIEWS: { value: View; label: string }[] = [
  { value: "facts", label: "Overview" },
  { value: "charts", label: "Charts" },
  { value: "artifacts", label: "Artifacts" },
];
const USUAL_SHARE = 0.38;

export function RunPage({ experiment_id, run_id }: { experiment_id: string; run_id: string }) {
  const { query } = useAddress();
  const isNarrow = useIsNarrow();
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
  const options = isNarrow ? VIEWS : VIEWS.slice(1);
  const asked = options.find(({ value }) => value === query.get("view"))?.value;
  // A run without metrics has no charts to show first.
  const usual: View = isNarrow ? "facts" : run.data?.metrics?.length ? "charts" : "artifacts";
  const view = asked ?? usual;
  const choice = (
    <Choice
      label="View"
      value={view}
      options={options}
      onChange={(to) => changeQuery({ view: to })}
    />
  );
  const right =
    view === "artifacts" ? (
      <ArtifactsPane run={run} />
    ) : (
      <RunCharts run={run} runColour={runColour} />
    );
  const share = Number(query.get("share")) || USUAL_SHARE;
  return (
    <div className="page">
      {found.isError && <Stale error={found.error} retry={() => void found.refetch()} />}
      <RunHead run={run}>{choice}</RunHead>
      {isNarrow ? (
        view === "facts" ? (
          <FactsPane run={run} />
        ) : (
          right
        )
      ) : (
        <Split
          left={<FactsPane run={run} />}
          right={right}
          share={share}
          onShare={(to) => changeQuery({ share: to === USUAL_SHARE ? undefined : String(to) })}
        />
      )}
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
