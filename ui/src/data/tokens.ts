/** Tokens: what programs show instead of a password. */
import { useQuery } from "@tanstack/react-query";
import { get, getOwn, postOwn, removeOwn } from "../api/client";
import type {
  CreateToken,
  Experiment,
  NewToken,
  Resource,
  Token,
  TokenList,
} from "../api/types.gen";
import { useFollow } from "./follow";

type Scope = Token["scope"];

/** What each scope carries at most. */
export const SCOPES: readonly { value: Scope; label: string; carries: string }[] = [
  { value: "read", label: "Read", carries: "Reads what you may read, and changes nothing." },
  { value: "write", label: "Write", carries: "Also logs runs, registers models and edits." },
  {
    value: "admin",
    label: "All",
    carries: "Also deletes, approves and manages: all that you may do.",
  },
];

const DAY = 86_400_000;

/** For how long a token is made, in days; undefined is as long as the server lets one live. */
export const LIVES: readonly { label: string; days: number | undefined }[] = [
  { label: "7 days", days: 7 },
  { label: "30 days", days: 30 },
  { label: "90 days", days: 90 },
  { label: "As long as this server allows", days: undefined },
];

/** When a token that is made now ends. */
export function expirationAfter(days: number | undefined, now: number): number | undefined {
  return days === undefined ? undefined : now + days * DAY;
}

export type TokenState = "expired" | "ending" | "valid";

/** Whether a token still lets in; in its last week it is `ending`. */
export function tokenState({ expiration_time }: Token, now: number): TokenState {
  if (expiration_time <= now) return "expired";
  return expiration_time - now < 7 * DAY ? "ending" : "valid";
}

/** The tokens of somebody, newest first. */
export function useTokens(username: string | undefined) {
  return useQuery({
    queryKey: ["tokens", username],
    queryFn: async ({ signal }) =>
      (await getOwn<TokenList>("tokens", { username }, signal)).tokens ?? [],
    enabled: username !== undefined,
  });
}

/** Everything that changes tokens; the pages on screen follow. */
export function useTokenChanges() {
  const follow = useFollow("tokens");
  return {
    create: (request: CreateToken) => follow(postOwn<NewToken>("tokens", request)),
    revoke: (token_id: string) => follow(removeOwn(`tokens/${token_id}`, {})),
  };
}

/** The experiment or model that somebody names; what does not exist is refused by the server. */
export async function namedResource(
  resource_type: "experiment" | "registered_model",
  name: string,
): Promise<Resource> {
  if (resource_type === "registered_model") {
    await get("registered-models/get", { name });
    return { resource_type, resource_id: name };
  }
  const { experiment } = await get<{ experiment: Experiment }>("experiments/get-by-name", {
    experiment_name: name,
  });
  return { resource_type, resource_id: experiment.experiment_id };
}
