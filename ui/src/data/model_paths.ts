/** Files of logged models among those of the run that made them: by paths that begin `models:/<id>`. */

const PATH = /^models:\/(m-[\w-]+)(?:\/(.*))?$/s;

/** The folder of a logged model, which is also its URI. */
export function modelFolder(model_id: string): string {
  return `models:/${model_id}`;
}

/** Whose file a path names, and where it is in the model's folder; undefined for a run's own. */
export function pathInModel(path: string): { model_id: string; inner: string } | undefined {
  const [, model_id, inner = ""] = path.match(PATH) ?? [];
  return model_id === undefined ? undefined : { model_id, inner };
}

/** The URI of a file or folder, of a run or of a logged model. */
export function fileUri(run_id: string, path: string): string {
  if (pathInModel(path)) return path;
  return path ? `runs:/${run_id}/${path}` : `runs:/${run_id}`;
}
