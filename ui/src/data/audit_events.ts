/** The audit log: who did what, chained by hashes. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { addressOf, getOwn } from "../api/client";
import type { AuditEvent, AuditEventPage, AuditVerification } from "../api/types.gen";

const PAGE_SIZE = "200";

/** Entries of one actor and one action, or of all, newest first. */
export function useAuditEvents(actor: string, action: string) {
  return useInfiniteQuery({
    queryKey: ["audit", actor, action],
    queryFn: ({ pageParam, signal }) =>
      getOwn<AuditEventPage>(
        "audit-events",
        {
          actor: actor || undefined,
          action: action || undefined,
          max_results: PAGE_SIZE,
          page_token: pageParam,
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token || undefined,
    placeholderData: (previous) => previous,
  });
}

/** Where all of the log is, as lines of JSON. */
export function auditExport(): string {
  return addressOf("api/v1/audit-events/export");
}

/** Holds the whole log against its hashes. */
export function verifyAudit(): Promise<AuditVerification> {
  return getOwn<AuditVerification>("audit-events/verify", {});
}

/** What an event is about, in words. */
export function subjectOf({ resource_type, resource_id }: AuditEvent): string {
  return [resource_type?.replaceAll("_", " "), resource_id].filter(Boolean).join(" ");
}

/** The details of an event, one after the other. */
export function detailsOf({ details }: AuditEvent): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

/** What a verification found, in a sentence. */
export function verdictOf(found: AuditVerification): string {
  const { intact, events, hash, broken_sequence, problem } = found;
  const count = `${events.toLocaleString("en")} ${events === 1 ? "entry is" : "entries are"}`;
  if (intact) return `The log is whole: ${count} right, up to the hash ${hash.slice(0, 16)}…`;
  const place = broken_sequence === undefined ? "" : ` at entry ${broken_sequence}`;
  return `The log is broken${place}: ${problem ?? "its hash is not that of its content"}. ${count} right before it.`;
}
