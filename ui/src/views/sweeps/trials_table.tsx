/** The trials of a sweep as a table, the best first. */
import { useMemo, useState } from "react";
import { changeQuery, goTo, places, useAddress } from "../../data/address";
import { childFilter } from "../../data/child_runs";
import { runColours } from "../../data/colours";
import { count } from "../../data/numbers";
import { joinRunIds } from "../../data/run_ids";
import { MOST_TRIALS, type SweepPlan } from "../../data/sweeps";
import { bestOf, sortTrials } from "../../data/trials";
import { Button } from "../../widgets/button";
import { Grid } from "../../widgets/grid";
import { formatSorting, parseSorting, type Sorting } from "../../widgets/grid_column";
import { useIsDark } from "../../widgets/theme";
import { CompareButton } from "../comparison/compare_button";
import type { SweepProps } from "./sweep_facts";
import { trialColumns } from "./trial_columns";

interface TrialsTableProps extends Omit<SweepProps, "importances"> {
  /** How many runs there are; more than a page reads are not all here. */
  runs: number;
  selected: ReadonlySet<string>;
}

export function TrialsTable({ run, plan, trials, runs, selected }: TrialsTableProps) {
  const { experiment_id, run_id } = run.info;
  const { query } = useAddress();
  const isDark = useIsDark();
  const [widths, setWidths] = useState<Record<string, number>>({});
  const columns = useMemo(() => {
    const ids = trials.map(({ info }) => info.run_id);
    const colours = runColours(experiment_id, ids, isDark);
    return trialColumns(plan, trials, bestOf(trials, plan.goal), colours);
  }, [plan, trials, experiment_id, isDark]);
  const asked = parseSorting(query.get("sort"))[0];
  const column = columns.find(({ id }) => id === asked?.id);
  const sorting = asked && column ? asked : bestFirst(plan);
  const { id, isDescending } = sorting;
  const rows = useMemo(() => {
    const sortedBy = columns.find((each) => each.id === id)?.sortedBy;
    return sortedBy ? sortTrials(trials, sortedBy, isDescending) : trials;
  }, [trials, columns, id, isDescending]);
  return (
    <section className="trials" aria-label="Trials">
      <div className="toolbar">
        <span className="count">
          {runs > MOST_TRIALS
            ? `The ${plan.metric === undefined ? "first" : "best"} ${count(MOST_TRIALS)} of ${count(runs)} runs`
            : trialsText(trials.length)}
        </span>
        {selected.size > 0 && (
          <span className="selection">
            <b>{count(selected.size)}</b> selected
            <CompareButton run_ids={[...selected]} />
            <Button tone="quiet" onClick={() => changeQuery({ selected: "" })}>
              Clear
            </Button>
          </span>
        )}
        <a
          className="link section-link"
          href={places.runs(experiment_id, { filter: childFilter(run_id) })}
        >
          In the runs table
        </a>
      </div>
      <Grid
        label="Trials"
        rows={rows}
        rowId={(trial) => trial.info.run_id}
        columns={columns}
        sorting={[sorting]}
        onSort={(to) => changeQuery({ sort: formatSorting(to) })}
        widths={widths}
        onWidths={setWidths}
        selected={selected}
        onSelect={(to) => changeQuery({ selected: joinRunIds([...to]) })}
        onOpen={(trial) => goTo(places.run(experiment_id, trial.info.run_id))}
        scrollKey={`${id} ${isDescending}`}
      />
    </section>
  );
}

function bestFirst({ metric, goal }: SweepPlan): Sorting {
  return metric === undefined
    ? { id: "number", isDescending: false }
    : { id: `metrics.${metric}`, isDescending: goal === "maximize" };
}

function trialsText(trials: number): string {
  return trials === 1 ? "1 trial" : `${count(trials)} trials`;
}
