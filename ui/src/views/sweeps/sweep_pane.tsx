/** A sweep on the page of its parent run: how far it is, what it found, and all of its trials. */
import { useMemo } from "react";
import type { Run } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { rowOf } from "../../data/columns";
import { joinRunIds, splitRunIds } from "../../data/run_ids";
import { type SweepPlan, useSweepPlan, useTrials } from "../../data/sweeps";
import { importancesIn, valued } from "../../data/trials";
import { later } from "../../widgets/later";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { SweepProgress } from "./sweep_progress";
import { TrialsTable } from "./trials_table";

// Brings a whole library.
const SweepCharts = later(
  async () => (await import("./sweep_charts")).SweepCharts,
  <div className="sweep-charts">
    <Loading rows={6} />
  </div>,
);

export function SweepPane({ run }: { run: Run }) {
  const found = useSweepPlan(run);
  if (found.isPending) return <Loading rows={6} />;
  if (!found.data) {
    const retry = () => void found.refetch();
    return <Failure what="What the sweep is could not be read" error={found.error} retry={retry} />;
  }
  return <PlannedSweep run={run} plan={found.data} />;
}

function PlannedSweep({ run, plan }: { run: Run; plan: SweepPlan }) {
  const found = useTrials(run, plan);
  const chosen = useAddress().query.get("selected");
  const selected = useMemo(() => new Set(splitRunIds(chosen)), [chosen]);
  const importances = useMemo(() => importancesIn(rowOf(run).metrics), [run]);
  const retry = () => void found.refetch();
  if (found.isPending) return <Loading rows={6} />;
  if (!found.data) {
    return <Failure what="The trials could not be loaded" error={found.error} retry={retry} />;
  }
  const { trials, runs, counts } = found.data;
  return (
    <section className="sweep" aria-label="Sweep">
      {found.isError && <Stale error={found.error} retry={retry} />}
      <SweepProgress run={run} plan={plan} trials={trials} counts={counts} />
      {trials.length === 0 ? (
        <Empty title="No trial has begun yet" />
      ) : (
        <>
          {plan.metric !== undefined && valued(trials).length === 0 && (
            <p className="pane-note">No finished trial has told its {plan.metric}</p>
          )}
          {plan.metric !== undefined && valued(trials).length > 0 && (
            <SweepCharts
              run={run}
              plan={plan}
              trials={trials}
              importances={importances}
              selected={selected}
              onSelect={(ids) => changeQuery({ selected: joinRunIds(ids) })}
            />
          )}
          <TrialsTable run={run} plan={plan} trials={trials} runs={runs} selected={selected} />
        </>
      )}
    </section>
  );
}
