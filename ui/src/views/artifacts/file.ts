/** What every preview is told about its file. */
import type { Run } from "../../api/types.gen";

export interface FileProps {
  run: Run;
  path: string;
  /** In bytes; undefined if the server cannot say. */
  size: number | undefined;
}
