/** Stages: their names, their order, the moves between them, and what is protected. */
import { useQuery } from "@tanstack/react-query";
import { getOwn, putOwn } from "../api/client";
import type { Stage, StagePolicy } from "../api/types.gen";
import { useFollow } from "./follow";

export const NO_STAGE = "None";
export const ARCHIVED = "Archived";
const USUAL: StagePolicy = {
  stages: [NO_STAGE, "Staging", "Production", ARCHIVED].map((name) => ({ name })),
};

/** Whether versions in the stage are in use: what is nowhere or archived is not. */
export function isInUse(stage: string): boolean {
  return stage !== NO_STAGE && stage !== ARCHIVED;
}

/** The stages of the server, as far as they are known. */
export function useStagePolicyQuery() {
  return useQuery({
    queryKey: ["stages"],
    queryFn: ({ signal }) => getOwn<StagePolicy>("stages", {}, signal),
    staleTime: 60_000,
  });
}

/** The stages of the server; until they are known, those that servers have by default. */
export function useStagePolicy(): StagePolicy {
  return useStagePolicyQuery().data ?? USUAL;
}

/** What changes the stages; the pages on screen follow. */
export function useStageChanges() {
  const follow = useFollow("stages");
  return {
    set: ({ stages = [], protected_aliases = [] }: StagePolicy, comment: string) =>
      follow(
        putOwn<StagePolicy>("stages", {
          stages,
          protected_aliases,
          comment: comment || undefined,
        }),
      ),
  };
}

/** The names of the stages, in the order in which versions move through them. */
export function useStages(): readonly string[] {
  return stagesOf(useStagePolicy()).map(({ name }) => name);
}

/** The stages of a policy. */
export function stagesOf(policy: StagePolicy): readonly Stage[] {
  return policy.stages ?? [];
}

/** The protected stage that a move would enter or leave, if there is one. */
export function protectionOf(policy: StagePolicy, from: string, to: string): string | undefined {
  const guarded = stagesOf(policy).filter((stage) => stage.protected);
  return [to, from].find((name) => guarded.some((stage) => stage.name === name));
}

/** Whether an alias is moved by approved requests only. */
export function isProtectedAlias(policy: StagePolicy, alias: string): boolean {
  const guarded = stagesOf(policy).filter((stage) => stage.protected);
  const names = [...guarded.map(({ name }) => name), ...(policy.protected_aliases ?? [])];
  return names.some((name) => name.toLowerCase() === alias.toLowerCase());
}

/** Whether the policy lets a version go from one stage to another. */
export function mayMove(policy: StagePolicy, from: string, to: string): boolean {
  const next = stagesOf(policy).find(({ name }) => name === from)?.next_stages;
  return next == null || next.includes(to);
}

/** The stages in use, the last one (Production) first, then those seen that no one lists. */
export function stagesToShow(known: readonly string[], seen: Iterable<string>): string[] {
  const listed = known.filter(isInUse).reverse();
  const others = [...new Set(seen)].filter((stage) => isInUse(stage) && !known.includes(stage));
  return [...listed, ...others.sort()];
}

/** The meaning that a stage's colour carries; the word stands beside it. */
export function toneOf(stage: string): "good" | "running" | "quiet" | "accent" {
  if (stage === "Production") return "good";
  if (stage === "Staging") return "running";
  return isInUse(stage) ? "accent" : "quiet";
}
