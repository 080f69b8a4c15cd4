/** The columns of the table of trials: which, what it found, the params that vary, when. */
import { places } from "../../data/address";
import type { CellValue } from "../../data/columns";
import { looksNumeric } from "../../data/numbers";
import type { SweepPlan } from "../../data/sweeps";
import type { Trial, TrialValue } from "../../data/trials";
import type { GridColumn } from "../../widgets/grid_column";
import { Duration, Numeral, RunState, Time } from "../../widgets/values";

/** A column of the table, and what it is sorted by. */
export interface TrialColumn extends GridColumn<Trial> {
  sortedBy: TrialValue;
}

const WIDEST = 180;
const NARROWEST = 84;
const PIXELS_A_LETTER = 7;
/** The mark of order, and the room around the words. */
const BESIDE = 34;

/** All columns; params of which all values are numbers stand on the right. */
export function trialColumns(
  plan: SweepPlan,
  trials: readonly Trial[],
  best: Trial | undefined,
  runColour: ReadonlyMap<string, string>,
): TrialColumn[] {
  const { metric, params } = plan;
  const columns = [
    numberColumn(best, runColour),
    ...(metric === undefined ? [] : [metricColumn(metric)]),
    ...params.map((key, at) => paramColumn(key, at, trials)),
  ];
  return [...columns, DURATION, STARTED];
}

function numberColumn(
  best: Trial | undefined,
  runColour: ReadonlyMap<string, string>,
): TrialColumn {
  return {
    id: "number",
    label: "Trial",
    size: 140,
    isSortable: true,
    sortedBy: ({ number }) => number,
    cell: (trial) => {
      const { run_id, run_name, experiment_id } = trial.info;
      return (
        <span className="run-name">
          <i className="swatch" style={{ background: runColour.get(run_id) }} />
          <RunState run={trial} reason={trial.reason} />
          <a className="cell-link" href={places.run(experiment_id, run_id)} title={run_name}>
            {trial.number}
          </a>
          {trial === best && <span className="best-trial">best</span>}
        </span>
      );
    },
  };
}

function metricColumn(metric: string): TrialColumn {
  return {
    id: `metrics.${metric}`,
    label: metric,
    size: sizeOf(metric),
    isNumeric: true,
    isSortable: true,
    // What a run told before it failed is no result, so it does not rank among results.
    sortedBy: ({ state, value }) => (isLost(state) ? undefined : value),
    cell: ({ value }) =>
      Number.isNaN(value) ? <span className="absent">–</span> : <Numeral value={value} />,
  };
}

function isLost(state: Trial["state"]): boolean {
  return state === "failed" || state === "killed";
}

function paramColumn(key: string, at: number, trials: readonly Trial[]): TrialColumn {
  return {
    id: `params.${key}`,
    label: key,
    size: sizeOf(key),
    isNumeric: trials.every(({ point }) => isNumber(point[at])),
    isSortable: true,
    sortedBy: ({ point }) => point[at],
    cell: ({ point }) => <ParamValue value={point[at]} />,
  };
}

function isNumber(value: CellValue): boolean {
  return value === undefined || typeof value === "number" || looksNumeric(value);
}

function ParamValue({ value }: { value: CellValue }) {
  if (value === undefined) return <span className="absent">–</span>;
  const text = String(value);
  if (looksNumeric(text)) return <Numeral value={Number(text)} />;
  return <span title={text.slice(0, 2_000)}>{text.slice(0, 200)}</span>;
}

function sizeOf(name: string): number {
  return Math.min(WIDEST, Math.max(NARROWEST, name.length * PIXELS_A_LETTER + BESIDE));
}

const DURATION: TrialColumn = {
  id: "duration",
  label: "Duration",
  size: 92,
  isNumeric: true,
  isSortable: true,
  sortedBy: ({ info }) =>
    info.start_time && info.end_time ? info.end_time - info.start_time : undefined,
  cell: (trial) => <Duration run={trial} />,
};

const STARTED: TrialColumn = {
  id: "start_time",
  label: "Started",
  size: 104,
  isNumeric: true,
  isSortable: true,
  sortedBy: ({ info }) => info.start_time,
  cell: ({ info }) => <Time at={info.start_time} />,
};
