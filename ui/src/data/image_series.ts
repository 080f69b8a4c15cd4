/** Images that runs log by key and step: read from the names of their files. */
import { useQueries } from "@tanstack/react-query";
import type { FileInfo } from "../api/types.gen";
import { folderQueries } from "./artifacts";
import { byName } from "./order";

/** One logged image; the paths lead to the whole image and to a small one. */
export interface SeriesImage {
  step: number;
  timestamp: number;
  path: string;
  preview: string;
}

/** The images of each key, by step and then by time. */
export type ImageSeries = ReadonlyMap<string, readonly SeriesImage[]>;

// images/<key>+step+<n>+timestamp+<ms>+<id>[+compressed].<ending>; older clients wrote % for +.
const NAME =
  /^images\/(.+?)([+%])step\2(\d+)\2timestamp\2(\d+)\2([\w-]+?)(\2compressed)?\.(?:png|webp)$/;

/** Sorts the files of the folder `images` into series; what is named otherwise is left out. */
export function seriesOf(files: readonly FileInfo[]): ImageSeries {
  const found = new Map<string, Map<string, SeriesImage>>();
  for (const { path } of files) {
    const [, name, , step, timestamp, id, compressed] = path.match(NAME) ?? [];
    if (name === undefined || id === undefined) continue;
    const key = name.replace(/[~#]/g, "/");
    const images = found.get(key) ?? new Map<string, SeriesImage>();
    found.set(key, images);
    const logged = `${step} ${timestamp} ${id}`;
    const image = images.get(logged);
    if (!image) {
      images.set(logged, { step: Number(step), timestamp: Number(timestamp), path, preview: path });
    } else if (compressed) image.preview = path;
    else image.path = path;
  }
  const keys = [...found.keys()].sort(byName);
  return new Map(
    keys.map((key) => {
      const images = [...(found.get(key)?.values() ?? [])];
      return [key, images.sort((a, b) => a.step - b.step || a.timestamp - b.timestamp)];
    }),
  );
}

/** All steps at which one of the runs logged an image, ascending. */
export function stepsOf(series: readonly ImageSeries[]): number[] {
  const steps = series.flatMap((each) => [...each.values()].flat().map((image) => image.step));
  return [...new Set(steps)].sort((a, b) => a - b);
}

/** The image that was current at a step: the last one logged up to it. */
export function imageAt(
  images: readonly SeriesImage[] | undefined,
  step: number,
): SeriesImage | undefined {
  return images?.findLast((image) => image.step <= step);
}

const WHILE_RUNNING = 5_000;

/** The series of several runs, each with its own state; live runs are asked again. */
export function useImageSeries(run_ids: readonly string[], live: ReadonlySet<string>) {
  return useQueries({
    queries: run_ids.map((run_id) => ({
      queryKey: ["image series", run_id],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const [query] = folderQueries(run_id, ["images"]);
        return seriesOf((await query?.queryFn({ signal })) ?? []);
      },
      refetchInterval: live.has(run_id) ? WHILE_RUNNING : (false as const),
    })),
  });
}

/** The place of the last step that is not beyond the one asked for. */
export function nearestIndex(steps: readonly number[], step: number): number {
  return Math.max(
    0,
    steps.findLastIndex((each) => each <= step),
  );
}
