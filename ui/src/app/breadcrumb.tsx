/** Where one is: the way down to this page, whose last part is the title. */
import { type ReactNode, useEffect } from "react";
import { places, useAddress } from "../data/address";
import { useExperiment } from "../data/experiments";
import { useRun } from "../data/runs";
import { RunTitle } from "../views/run/run_title";

interface Step {
  text: string;
  address: string;
  /** Drawn in the place of the text where it is the title. */
  title?: ReactNode;
}

export function Breadcrumb() {
  const { path } = useAddress();
  return path[0] === "models" ? <ModelSteps path={path} /> : <ExperimentSteps path={path} />;
}

function ModelSteps({ path: [, name, inner, number] }: { path: string[] }) {
  const steps: Step[] = [{ text: "Models", address: places.models() }];
  if (name) steps.push({ text: name, address: places.model(name) });
  if (name && inner === "versions" && number) {
    steps.push({ text: `Version ${number}`, address: places.version(name, number) });
  }
  if (name && inner === "compare") {
    steps.push({ text: "Compare", address: places.comparison(name, []) });
  }
  return <Steps steps={steps} />;
}

function ExperimentSteps({ path }: { path: string[] }) {
  const [room, experiment_id, inner, run_id] = path[0] === "experiments" ? path : [path[0]];
  const experiment = useExperiment(experiment_id);
  const run = useRun(inner === "runs" ? run_id : undefined);
  const steps: Step[] = [{ text: "Experiments", address: places.experiments() }];
  if (experiment_id) {
    steps.push({
      text: experiment.data?.name ?? (experiment.isError ? experiment_id : ""),
      address: places.runs(experiment_id),
    });
    if (inner === "compare") {
      steps.push({ text: "Compare", address: places.runComparison(experiment_id, []) });
    } else if (run_id) {
      const text = run.data?.info.run_name || run_id.slice(0, 8);
      const title = run.data && <RunTitle run={run.data} />;
      steps.push({ text, title, address: places.run(experiment_id, run_id) });
    }
  }
  const isList = room === "experiments" && !experiment_id;
  useEffect(() => {
    if (isList) document.title = "Experiments · Millstream";
  }, [isList]);
  return <Steps steps={steps} />;
}

function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <nav className="breadcrumb" aria-label="Breadcrumb">
      {steps.map((step, at) =>
        at === steps.length - 1 ? (
          <h1 key={step.address} title={step.title ? undefined : step.text}>
            {step.title ?? step.text}
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
