/** What a run recorded without being asked: the machine it ran on, and files about its source. */
import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { ArtifactPage, FileInfo } from "../api/types.gen";
import { fileAddress, readPart } from "./artifacts";

/** Where these files are among those of the run; listings leave the folder out. */
const FOLDER = ".millstream";
const MOST_BYTES = 64 * 1024;

/** A machine, as far as it is known; sizes are in bytes. */
export interface Machine {
  host?: string;
  os?: string;
  python?: string;
  command?: string[];
  cpu?: string;
  cpu_count?: number;
  memory?: number;
  gpus?: { name: string; memory: number }[];
  gpu_driver?: string;
  cuda?: string;
}

export interface Captured {
  machine: Machine | undefined;
  files: FileInfo[];
}

/** Undefined while it is not known; both are empty for runs that recorded nothing. */
export function useCaptured(run_id: string) {
  return useQuery({
    queryKey: ["captured", run_id],
    queryFn: async ({ signal }): Promise<Captured> => {
      const [top, source] = await Promise.all(
        [FOLDER, `${FOLDER}/source`].map((path) => list(run_id, path, signal)),
      );
      const files = [...(top ?? []), ...(source ?? [])];
      const file = files.find(({ path }) => path === `${FOLDER}/machine.json`);
      const machine = file && (await readMachine(run_id, file.path, signal));
      return { machine, files: files.filter((each) => each !== file && !each.is_dir) };
    },
    staleTime: 30_000,
  });
}

/** A machine from the text of its file; undefined if it is none. */
export function machineIn(text: string): Machine | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found)
      ? (found as Machine)
      : undefined;
  } catch {
    return undefined;
  }
}

async function list(run_id: string, path: string, signal: AbortSignal): Promise<FileInfo[]> {
  return (await get<ArtifactPage>("artifacts/list", { run_id, path }, signal)).files ?? [];
}

async function readMachine(run_id: string, path: string, signal: AbortSignal) {
  const { bytes } = await readPart(fileAddress(run_id, path), 0, MOST_BYTES, signal);
  return machineIn(new TextDecoder().decode(bytes));
}
