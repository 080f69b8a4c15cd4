/** Where versions run, and where they ran before. */
import { useQuery } from "@tanstack/react-query";
import { getOwn } from "../api/client";
import type { Deployment, DeploymentPage } from "../api/types.gen";
import { REGISTRY } from "./registered_models";

const MOST_LIVE = 1_000;
export const MOST_EARLIER = 50;
const NOTHING: Deployment[] = [];

/** All that is live of a model, by version; each newest first. */
export function useLiveDeployments(name: string): ReadonlyMap<string, Deployment[]> {
  const found = useQuery({
    queryKey: [REGISTRY, "deployments", name, "live"],
    queryFn: ({ signal }) => search({ model_name: name, state: "live" }, MOST_LIVE, signal),
    select: byVersion,
  });
  return found.data ?? NONE;
}

const NONE: ReadonlyMap<string, Deployment[]> = new Map();

function byVersion(live: Deployment[]): ReadonlyMap<string, Deployment[]> {
  const found = new Map<string, Deployment[]>();
  for (const deployment of live) {
    const version = deployment.model_version ?? "";
    found.set(version, [...(found.get(version) ?? []), deployment]);
  }
  return found;
}

/** The newest revisions of a version, live or not. */
export function useDeployments(name: string, version: string) {
  return useQuery({
    queryKey: [REGISTRY, "deployments", name, version],
    queryFn: ({ signal }) =>
      search({ model_name: name, model_version: version }, MOST_EARLIER, signal),
  });
}

async function search(
  wanted: Record<string, string>,
  most: number,
  signal: AbortSignal,
): Promise<Deployment[]> {
  const page = await getOwn<DeploymentPage>(
    "deployments",
    { ...wanted, max_results: String(most) },
    signal,
  );
  return page.deployments ?? NOTHING;
}

/** The algorithm left out, and as many digits as tell images apart. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1).slice(0, 12);
}

/** Where it runs, in words: a name, its endpoint and the target. */
export function placeOf({ name, endpoint, target }: Deployment): string {
  return endpoint ? `${name} of ${endpoint} on ${target}` : `${name} on ${target}`;
}
