/** Sound and film, in the browser's own player. */
import { useState } from "react";
import { fileAddress } from "../../data/artifacts";
import { fileKind } from "../../data/file_kinds";
import { Failure } from "../../widgets/panels";
import type { FileProps } from "./file";

export function MediaFile({ run, path }: FileProps) {
  const [hasFailed, setFailed] = useState(false);
  if (hasFailed) {
    return (
      <Failure
        what="The file cannot be played"
        error={new Error(`The browser does not know the format of ${path}: download it instead.`)}
        retry={() => setFailed(false)}
      />
    );
  }
  const player = {
    src: fileAddress(run.info.run_id, path),
    controls: true,
    preload: "metadata",
    "aria-label": path,
    onError: () => setFailed(true),
  };
  return (
    <div className="preview-media">
      {fileKind(path) === "audio" ? <audio {...player} /> : <video {...player} />}
    </div>
  );
}
