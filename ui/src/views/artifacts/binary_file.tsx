/** A file that is none of the known kinds: its size and its first bytes. */
import { useBeginning } from "../../data/artifacts";
import { hexLines } from "../../data/hex";
import { count, fileSize } from "../../data/numbers";
import { Failure, Loading } from "../../widgets/panels";
import { Body } from "./body";
import type { FileProps } from "./file";

const BYTES_SHOWN = 512;

export function BinaryFile({ run, path }: FileProps) {
  const { data, error, isPending, refetch } = useBeginning(run.info.run_id, path, BYTES_SHOWN);
  if (isPending) return <Loading rows={8} />;
  if (error) {
    return <Failure what="The file could not be read" error={error} retry={() => void refetch()} />;
  }
  const { bytes, total } = data.part;
  return (
    <Body>
      <p className="pane-note">
        No preview for this kind of file: {fileSize(total)} ({count(total)} bytes).{" "}
        {bytes.length < total ? `Its first ${bytes.length} bytes:` : "Its bytes:"}
      </p>
      <pre className="hex">{hexLines(bytes).join("\n")}</pre>
    </Body>
  );
}
