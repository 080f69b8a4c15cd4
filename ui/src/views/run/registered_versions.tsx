/** What of a run is registered, and the button that registers more. */
import { useState } from "react";
import type { Run } from "../../api/types.gen";
import { places } from "../../data/address";
import { pathInModel } from "../../data/model_paths";
import { useVersionsOfRun } from "../../data/model_versions";
import { Button } from "../../widgets/button";
import { modelIdsOf } from "./facts";
import { RegisterDialog } from "./register_dialog";

/** Nothing for runs without a logged model. */
export function RegisterButton({ run }: { run: Run }) {
  const [isAsking, setAsking] = useState(false);
  const model_ids = modelIdsOf(run);
  if (model_ids.length === 0 || run.info.lifecycle_stage === "deleted") return null;
  return (
    <>
      <Button icon="model" aria-label="Register model" onClick={() => setAsking(true)}>
        <span className="words">Register model</span>
      </Button>
      {isAsking && (
        <RegisterDialog run={run} offered={{ model_ids }} onClose={() => setAsking(false)} />
      )}
    </>
  );
}

/** Registers the model of an MLmodel file; nothing for other files, and at the run's root. */
export function RegisterFolderButton({ run, path }: { run: Run; path: string }) {
  const [isAsking, setAsking] = useState(false);
  const [, folder] = path.match(/^(.+)\/MLmodel$/) ?? [];
  if (folder === undefined || run.info.lifecycle_stage === "deleted") return null;
  const model = pathInModel(folder);
  const offered = model?.inner === "" ? { model_ids: [model.model_id] } : { path: folder };
  return (
    <>
      <Button icon="model" onClick={() => setAsking(true)}>
        {model ? "Register model" : "Register folder"}
      </Button>
      {isAsking && <RegisterDialog run={run} offered={offered} onClose={() => setAsking(false)} />}
    </>
  );
}

/** The ways to the versions registered from one logged model of a run. */
export function VersionsOfModel({ run, model_id }: { run: Run; model_id: string }) {
  const versions = useVersionsOfRun(run.info.run_id).data ?? [];
  return versions
    .filter((version) => version.model_id === model_id)
    .map(({ name, version }) => (
      <a
        key={`${name}/${version}`}
        className="registered-as"
        href={places.version(name, version)}
        title={`Registered as version ${version} of ${name}`}
      >
        {name} {version}
      </a>
    ));
}
