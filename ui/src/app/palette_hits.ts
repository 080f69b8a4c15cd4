/** What the palette offers for a text: what is known here at once, what the server finds soon after. */
import type { Experiment, RegisteredModel, RunInfo } from "../api/types.gen";
import { places } from "../data/address";
import type { Visit } from "../data/recent";
import type { IconName } from "../widgets/icons";

/** One line of the palette; choosing it goes somewhere or does something. */
export interface Hit {
  id: string;
  section: string;
  icon: IconName;
  text: string;
  note: string;
  address?: string;
  act?: () => void;
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** Whether each word of the text begins a word of the name, in any order. */
export function isMeant(name: string, text: string): boolean {
  const words = wordsOf(name);
  const wanted = wordsOf(text);
  return wanted.length > 0 && wanted.every((part) => words.some((word) => word.startsWith(part)));
}

const ICONS: Record<string, IconName> = {
  experiment: "experiments",
  run: "chart",
  model: "model",
  version: "model",
  webhook: "admin",
};

export function visitHit({ address, text, kind }: Visit): Hit {
  return {
    id: `recent-${address}`,
    section: "Recent",
    icon: ICONS[kind] ?? "clock",
    text,
    note: kind,
    address,
  };
}

export function experimentHit({ experiment_id, name }: Experiment): Hit {
  return {
    id: `experiment-${experiment_id}`,
    section: "Experiments",
    icon: "experiments",
    text: name,
    note: experiment_id,
    address: places.runs(experiment_id),
  };
}

export function runHit({ run_id, run_name, experiment_id }: RunInfo): Hit {
  return {
    id: `run-${run_id}`,
    section: "Runs",
    icon: "chart",
    text: run_name || run_id,
    note: run_id.slice(0, 8),
    address: places.run(experiment_id, run_id),
  };
}

export function modelHit({ name, latest_versions = [] }: RegisteredModel): Hit {
  const inUse = latest_versions.find((version) => version.current_stage === "Production");
  return {
    id: `model-${name}`,
    section: "Models",
    icon: "model",
    text: name,
    note: inUse ? `Production ${inUse.version}` : "model",
    address: places.model(name),
  };
}

/** The version of a number, if the model has had as many. */
export function versionHit(model: RegisteredModel, number: string): Hit | undefined {
  const { name, latest_versions = [] } = model;
  if (!latest_versions.some(({ version }) => Number(version) >= Number(number))) return undefined;
  return {
    id: `version-${name}-${number}`,
    section: "Models",
    icon: "model",
    text: `${name} / Version ${number}`,
    note: "version",
    address: places.version(name, number),
  };
}

const MOST_IN_ALL = 24;
const LEAST_OF_A_KIND = 6;

/** Each list has room for a few; what one does not need is the others'. */
export function shareRoom(lists: readonly (readonly Hit[])[]): Hit[] {
  const needed = lists.map((list) => Math.min(list.length, LEAST_OF_A_KIND));
  let spare = MOST_IN_ALL - needed.reduce((sum, size) => sum + size, 0);
  return lists.flatMap((list, at) => {
    const size = needed[at] ?? 0;
    const more = Math.max(0, Math.min(spare, list.length - size));
    spare -= more;
    return list.slice(0, size + more);
  });
}
