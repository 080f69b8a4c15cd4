/** Stages: their names, their order, and what a move to one means. */

export const NO_STAGE = "None";
export const ARCHIVED = "Archived";
const DEFAULT_STAGES: readonly string[] = [NO_STAGE, "Staging", "Production", ARCHIVED];

/** Whether versions in the stage are in use: what is nowhere or archived is not. */
export function isInUse(stage: string): boolean {
  return stage !== NO_STAGE && stage !== ARCHIVED;
}

/** The stages of the server, in the order in which versions move through them. */
export function useStages(): readonly string[] {
  return DEFAULT_STAGES;
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
