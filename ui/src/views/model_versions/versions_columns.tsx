/** The columns of the table of versions: facts, then the metrics that differ. */
import type { Deployment, ModelVersion } from "../../api/types.gen";
import { places } from "../../data/address";
import { placeOf } from "../../data/deployments";
import { differingKeys, metricsOf, type Origins } from "../../data/version_origins";
import type { GridColumn } from "../../widgets/grid_column";
import { AliasMark, StageMark, VersionLink, VersionStatus } from "../../widgets/registry";
import { Tags } from "../../widgets/tags";
import { Numeral, Time } from "../../widgets/values";
import type { Asked } from "./version_dialogs";
import { VersionMenu } from "./version_menu";

type Column = GridColumn<ModelVersion>;
const MOST_METRICS = 100;

/** Columns without anything to say among the versions loaded are left out. */
export function versionColumns(
  versions: readonly ModelVersion[],
  origins: Origins,
  live: ReadonlyMap<string, Deployment[]>,
  onAsk: (asked: Asked) => void,
): Column[] {
  const has = (test: (version: ModelVersion) => unknown) => versions.some((each) => test(each));
  const columns: (Column | false)[] = [
    NUMBER,
    STAGE,
    has((version) => version.aliases?.length) && ALIASES,
    has((version) => version.status && version.status !== "READY") && STATUS,
    has((version) => live.has(version.version)) && liveColumn(live),
    REGISTERED,
    has((version) => version.user_id) && BY,
    has((version) => version.run_id) && runColumn(origins),
    ...metricColumns(versions, origins),
    has((version) => version.tags?.length) && TAGS,
    has((version) => version.description) && DESCRIPTION,
    actionsColumn(onAsk),
  ];
  return columns.filter((column) => column !== false);
}

const NUMBER: Column = {
  id: "version_number",
  label: "Version",
  size: 92,
  isNumeric: true,
  isSortable: true,
  cell: ({ name, version }) => <VersionLink name={name} version={version} />,
};

const STAGE: Column = {
  id: "stage",
  label: "Stage",
  size: 112,
  cell: (version) => <StageMark stage={version.current_stage ?? "None"} />,
};

const ALIASES: Column = {
  id: "aliases",
  label: "Aliases",
  size: 150,
  cell: (version) => (
    <span className="tags">
      {version.aliases?.map((alias) => (
        <AliasMark key={alias} alias={alias} />
      ))}
    </span>
  ),
};

const STATUS: Column = {
  id: "status",
  label: "Status",
  size: 92,
  cell: ({ status, status_message = "" }) => (
    <VersionStatus status={status ?? "READY"} message={status_message} />
  ),
};

const REGISTERED: Column = {
  id: "creation_timestamp",
  label: "Registered",
  size: 104,
  isNumeric: true,
  isSortable: true,
  cell: (version) => <Time at={version.creation_timestamp} />,
};

const BY: Column = {
  id: "user_id",
  label: "By",
  size: 96,
  cell: (version) => <span title={version.user_id}>{version.user_id}</span>,
};

const TAGS: Column = {
  id: "tags",
  label: "Tags",
  size: 200,
  cell: (version) => <Tags tags={version.tags} />,
};

const DESCRIPTION: Column = {
  id: "description",
  label: "Description",
  size: 260,
  cell: ({ description = "" }) => (
    <span title={description.slice(0, 2_000)}>{description.slice(0, 200)}</span>
  ),
};

function liveColumn(live: ReadonlyMap<string, Deployment[]>): Column {
  return {
    id: "live",
    label: "Live",
    size: 84,
    cell: ({ version }) => {
      const deployments = live.get(version) ?? [];
      if (deployments.length === 0) return null;
      const text = deployments.length === 1 ? "1 place" : `${deployments.length} places`;
      return (
        <span className="live" title={deployments.map(placeOf).join("\n")}>
          <i className="live-dot" />
          {text}
        </span>
      );
    },
  };
}

function runColumn(origins: Origins): Column {
  return {
    id: "run",
    label: "Source run",
    size: 136,
    cell: ({ run_id = "" }) => {
      const run = origins.runs.get(run_id);
      if (!run) return <span className="code faint">{run_id.slice(0, 8)}</span>;
      const name = run.info.run_name || run_id.slice(0, 8);
      return (
        <a className="cell-link" href={places.run(run.info.experiment_id, run_id)} title={name}>
          {name}
        </a>
      );
    },
  };
}

function metricColumns(versions: readonly ModelVersion[], origins: Origins): Column[] {
  const metrics = new Map(
    versions.map((version) => {
      const model = origins.models.get(version.model_id ?? "");
      return [version.version, metricsOf(model, origins.runs.get(version.run_id ?? ""))];
    }),
  );
  const all = [...metrics.values()];
  // With one version nothing can differ, so all of its metrics are of interest.
  const keys = all.length === 1 ? [...(all[0]?.keys() ?? [])].sort() : differingKeys(all);
  return keys
    .filter((key) => !key.startsWith("system/"))
    .slice(0, MOST_METRICS)
    .map((key) => ({
      id: `metrics.${key}`,
      label: key,
      size: Math.min(180, Math.max(84, key.length * 7 + 28)),
      isNumeric: true,
      cell: ({ version }) => {
        const value = metrics.get(version)?.get(key);
        return value === undefined ? <span className="absent">–</span> : <Numeral value={value} />;
      },
    }));
}

function actionsColumn(onAsk: (asked: Asked) => void): Column {
  return {
    id: "actions",
    label: "",
    size: 48,
    cell: (version) => <VersionMenu version={version} onAsk={onAsk} />,
  };
}
