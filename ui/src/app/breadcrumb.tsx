/** Where one is: the way down to this page, whose last part is the title. */
import { useEffect } from "react";
import { places, useAddress } from "../data/address";
import { useExperiment } from "../data/experiments";
import { useRun } from "../data/runs";
import { RunTitle } from "../views/run/run_title";

export function Breadcrumb() {
  const { path } = useAddress();
  const [room, experiment_id, inner, run_id] = partsOf(path);
  const experiment = useExperiment(experiment_id);
  const run = useRun(inner === "runs" ? run_id : undefined);
  const steps: { text: string; address: string }[] = [
    { text: "Experiments", address: places.experiments() },
  ];
  if (experiment_id) {
    steps.push({
      text: experiment.data?.name ?? (experiment.isError ? experiment_id : ""),
      address: places.runs(experiment_id),
    });
    if (run_id) {
      const name = run.data?.info.run_name || run_id.slice(0, 8);
      steps.push({ text: name, address: places.run(experiment_id, run_id) });
    }
  }
  const isList = room === "experiments" && !experiment_id;
  useEffect(() => {
    if (isList) document.title = "Experiments · Millstream";
  }, [isList]);
  return (
    <nav className="breadcrumb" aria-label="Breadcrumb">
      {steps.map((step, at) =>
        at === steps.length - 1 ? (
          <h1 key={step.address} title={run_id ? undefined : step.text}>
            {run.data && run_id ? <RunTitle run={run.data} /> : step.text}
          </h1>
        ) : (
          <a key={step.address} href={step.address} title={step.text}>
            {step.text}
          </a>
        ),
      )}
    </nav>
  );
}

function partsOf(path: string[]): (string | undefined)[] {
  return path[0] === "experiments" ? path : [path[0]];
}
