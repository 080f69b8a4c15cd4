/** Series asked for at the same moment travel together, so that a page of charts is one request. */
import { postOwn } from "../api/client";
import type { GetSeries, Series, SeriesPage } from "../api/types.gen";

/** So many come together at most: more of them would keep the first waiting for the last. */
export const MOST_TOGETHER = 16;

type Send = (request: GetSeries, signal: AbortSignal) => Promise<SeriesPage>;

interface Asked {
  request: GetSeries;
  signal: AbortSignal;
  resolve: (series: Series[]) => void;
  reject: (error: unknown) => void;
}

/** What asks for series, and sends what was asked in one go as soon as nobody asks for more. */
export function together(send: Send) {
  let waiting: Asked[] = [];
  return (request: GetSeries, signal: AbortSignal): Promise<Series[]> =>
    new Promise((resolve, reject) => {
      waiting.push({ request, signal, resolve, reject });
      if (waiting.length > 1) return;
      queueMicrotask(() => {
        const parcels = parcelsOf(waiting);
        waiting = [];
        for (const parcel of parcels) void deliver(parcel, send);
      });
    });
}

/** The series of a request, in its order. */
export const fetchSeries = together((request, signal) =>
  postOwn<SeriesPage>("metrics/series", request, signal),
);

/** Those that want the same range of the same runs, few enough for one request. */
function parcelsOf(asked: readonly Asked[]): Asked[][] {
  const parcels: Asked[][] = [];
  const open = new Map<string, Asked[]>();
  for (const each of asked) {
    const { metric_keys: _, ...place } = each.request;
    const key = JSON.stringify(place);
    const parcel = open.get(key);
    if (parcel && seriesOf([...parcel, each]) <= MOST_TOGETHER) {
      parcel.push(each);
    } else {
      const begun = [each];
      parcels.push(begun);
      open.set(key, begun);
    }
  }
  return parcels;
}

function seriesOf(parcel: readonly Asked[]): number {
  return keysOf(parcel).length * (parcel[0]?.request.run_ids.length ?? 0);
}

function keysOf(parcel: readonly Asked[]): string[] {
  return [...new Set(parcel.flatMap((each) => each.request.metric_keys))];
}

async function deliver(parcel: readonly Asked[], send: Send): Promise<void> {
  const [first] = parcel;
  if (!first) return;
  const stop = new AbortController();
  const stopIfUnwanted = () => {
    if (parcel.every((each) => each.signal.aborted)) stop.abort();
  };
  for (const each of parcel) each.signal.addEventListener("abort", stopIfUnwanted);
  stopIfUnwanted();
  try {
    const metric_keys = keysOf(parcel);
    const page = await send({ ...first.request, metric_keys }, stop.signal);
    for (const each of parcel) {
      const keys = new Set(each.request.metric_keys);
      each.resolve((page.series ?? []).filter((series) => keys.has(series.metric_key)));
    }
  } catch (error) {
    for (const each of parcel) each.reject(error);
  }
}
