/** What stands for a group of runs in charts: its mean with a band, or all of its lines. */
import type { Spread } from "../../charts/groups";

export type GroupSpread = Spread | "none";

/** Reads it from an address; light, since tables follow it too. */
export function parseSpread(query: URLSearchParams): GroupSpread {
  const band = query.get("band");
  return band === "extent" || band === "none" ? band : "deviation";
}
