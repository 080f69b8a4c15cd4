/** Where a version comes from, step by step: copies, logged model, run, code, data, environment. */
import type { ReactNode } from "react";
import type { Code, DatasetInput, Lineage, ModelVersion } from "../../api/types.gen";
import { places } from "../../data/address";
import { folderOf } from "../../data/model_files";
import { modelFolder } from "../../data/model_paths";
import { CopyButton, ShortId } from "../../widgets/copy";
import { Icon, type IconName } from "../../widgets/icons";
import { Popover } from "../../widgets/menu";
import { RunState, Time } from "../../widgets/values";

interface LineageStripProps {
  version: ModelVersion;
  lineage: Lineage;
}

export function LineageStrip({ version, lineage }: LineageStripProps) {
  const { copied_from = [], model, run, experiment, code, datasets = [] } = lineage;
  const folder = folderOf(version, lineage);
  return (
    <ol className="lineage">
      {copied_from.map((origin) => (
        <Step key={`${origin.name}/${origin.version}`} icon="copy" word="Copied from">
          <a className="version-link" href={places.version(origin.name, origin.version)}>
            {origin.name}, version {origin.version}
          </a>
        </Step>
      ))}
      {(model || version.model_id) && (
        <Step icon="model" word="Logged model">
          <span className="ellipsis">{model?.info.name ?? "deleted or unknown"}</span>
          <ShortId id={model?.info.model_id ?? version.model_id ?? ""} length={10} />
        </Step>
      )}
      {run ? (
        <Step icon="chart" word="Run">
          <RunState run={run} />
          <a
            className="version-link"
            href={places.run(run.info.experiment_id, run.info.run_id)}
            title={run.info.run_id}
          >
            {run.info.run_name || run.info.run_id.slice(0, 8)}
          </a>
          <span className="faint">
            <Time at={run.info.start_time} />
          </span>
        </Step>
      ) : (
        version.run_id && (
          <Step icon="chart" word="Run">
            <ShortId id={version.run_id} />
            <span className="faint">deleted or on another server</span>
          </Step>
        )
      )}
      {experiment && (
        <Step icon="experiments" word="Experiment">
          <a className="version-link" href={places.runs(experiment.experiment_id)}>
            {experiment.name}
          </a>
        </Step>
      )}
      {code && <CodeStep code={code} />}
      {datasets.map((input) => (
        <DatasetStep key={`${input.dataset.name}/${input.dataset.digest}`} input={input} />
      ))}
      <EnvironmentStep lineage={lineage} />
      <Step icon="folder" word="Files">
        {run && folder ? (
          <a
            className="version-link code"
            href={places.run(run.info.experiment_id, run.info.run_id, {
              view: "artifacts",
              path: `${"model_id" in folder ? modelFolder(folder.model_id) : folder.path}/`,
            })}
            title={lineage.artifact_uri}
          >
            {lineage.artifact_uri}
          </a>
        ) : (
          <span className="ellipsis code" title={lineage.artifact_uri}>
            {lineage.artifact_uri}
          </span>
        )}
        <CopyButton text={lineage.artifact_uri} label="Copy where the files are" />
      </Step>
    </ol>
  );
}

interface StepProps {
  icon: IconName;
  word: string;
  children: ReactNode;
}

function Step({ icon, word, children }: StepProps) {
  return (
    <li>
      <span className="lineage-mark">
        <Icon name={icon} size={13} />
      </span>
      <span className="faint">{word}</span>
      <span className="lineage-value">{children}</span>
    </li>
  );
}

function CodeStep({ code }: { code: Code }) {
  const { git_commit, git_branch, source_name, git_repo_url } = code;
  return (
    <Step icon="code" word="Code">
      {source_name && (
        <span className="ellipsis" title={source_name}>
          {source_name.split(/[\\/]/).at(-1)}
        </span>
      )}
      {git_commit && <ShortId id={git_commit} length={7} />}
      {git_branch && <span className="faint ellipsis">{git_branch}</span>}
      {git_repo_url && <CopyButton text={git_repo_url} label={`Copy ${git_repo_url}`} />}
    </Step>
  );
}

function DatasetStep({ input }: { input: DatasetInput }) {
  const { dataset, tags = [] } = input;
  const context = tags.find((tag) => tag.key === "mlflow.data.context")?.value;
  return (
    <Step icon="data" word="Dataset">
      <span className="ellipsis" title={dataset.source}>
        {dataset.name}
      </span>
      <ShortId id={dataset.digest} />
      {context && <span className="faint">{context}</span>}
    </Step>
  );
}

function EnvironmentStep({ lineage }: { lineage: Lineage }) {
  const { requirements = [], environment_files = [] } = lineage;
  const lines = requirements.filter((line) => line.trim() !== "");
  if (environment_files.length === 0) return null;
  return (
    <Step icon="file" word="Environment">
      <span className="ellipsis">{environment_files.join(", ")}</span>
      {lines.length > 0 && (
        <Popover
          button={
            <button type="button" className="text-button">
              {lines.length} {lines.length === 1 ? "requirement" : "requirements"}
            </button>
          }
        >
          <div className="requirements">
            <pre>{lines.join("\n")}</pre>
            <CopyButton text={lines.join("\n")} label="Copy the requirements" />
          </div>
        </Popover>
      )}
    </Step>
  );
}
