/** The beginning of a file as text, or why it cannot be shown. */
import type { ReactNode } from "react";
import { type Beginning, MOST_PREVIEWED, useBeginning } from "../../data/artifacts";
import { fileSize } from "../../data/numbers";
import { Failure, Loading } from "../../widgets/panels";
import { BinaryFile } from "./binary_file";
import type { FileProps } from "./file";

interface WithBeginningProps {
  file: FileProps;
  /** How many bytes are asked for. */
  most?: number;
  children: (beginning: Beginning) => ReactNode;
}

/** Gives the text to its children; bytes that are no text are shown as such. */
export function WithBeginning({ file, most = MOST_PREVIEWED, children }: WithBeginningProps) {
  const { data, error, isPending, refetch } = useBeginning(file.run.info.run_id, file.path, most);
  if (isPending) return <Loading rows={8} />;
  if (error) {
    return <Failure what="The file could not be read" error={error} retry={() => void refetch()} />;
  }
  if (data.isBinary) return <BinaryFile {...file} />;
  return (
    <>
      {!data.isWhole && (
        <p className="pane-note part-note">
          The first {fileSize(data.part.bytes.length)} of {fileSize(data.part.total)}; download the
          file for the rest.
        </p>
      )}
      {children(data)}
    </>
  );
}
