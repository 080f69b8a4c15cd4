/** Webhooks: addresses that are told of the registry's events, and the log of what was sent. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, getOwn, patch, post, postOwn, remove } from "../api/client";
import type {
  CreateWebhook,
  UpdateWebhook,
  Webhook,
  WebhookDeliveriesReplayed,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookEvent,
  WebhookPage,
  WebhookTestResult,
} from "../api/types.gen";
import { useFollow } from "./follow";

/** The events that there are, as they are written, with what happens. */
export const EVENTS: readonly {
  about: string;
  events: readonly [name: string, label: string][];
}[] = [
  {
    about: "Models",
    events: [
      ["registered_model.created", "created"],
      ["registered_model.updated", "renamed or described"],
      ["registered_model.deleted", "deleted"],
      ["registered_model_tag.set", "tag set"],
      ["registered_model_tag.deleted", "tag deleted"],
    ],
  },
  {
    about: "Versions",
    events: [
      ["model_version.created", "registered"],
      ["model_version_stage.updated", "moved to a stage"],
      ["model_version_alias.created", "alias set"],
      ["model_version_alias.deleted", "alias removed"],
      ["model_version.updated", "described"],
      ["model_version.deleted", "deleted"],
      ["model_version_tag.set", "tag set"],
      ["model_version_tag.deleted", "tag deleted"],
    ],
  },
  {
    about: "Requests",
    events: [
      ["transition_request.created", "asked for"],
      ["transition_request.updated", "approved, rejected or cancelled"],
    ],
  },
];

/** An event as it is written: `model_version.created`. */
export function nameOfEvent({ entity, action }: WebhookEvent): string {
  return `${entity}.${action}`.toLowerCase();
}

/** The event of a name that `EVENTS` lists. */
export function eventOfName(name: string): WebhookEvent {
  const [entity = "", action = ""] = name.toUpperCase().split(".");
  return { entity, action } as WebhookEvent;
}

/** All events that a webhook is told of. */
export function eventsOf({ events, own_events = [] }: Webhook): WebhookEvent[] {
  return [...events, ...own_events];
}

const MOST_AT_ONCE = "1000";

/** All webhooks, the oldest first. */
export function useWebhooks() {
  return useQuery({
    queryKey: ["webhooks"],
    queryFn: async ({ signal }) => {
      const found: Webhook[] = [];
      let page_token: string | undefined;
      do {
        const query = { max_results: MOST_AT_ONCE, include_own: "true", page_token };
        const page: WebhookPage = await get("webhooks", query, signal);
        found.push(...(page.webhooks ?? []));
        page_token = page.next_page_token;
      } while (page_token);
      return found;
    },
  });
}

/** One webhook. */
export function useWebhook(webhook_id: string | undefined) {
  return useQuery({
    queryKey: ["webhooks", webhook_id],
    queryFn: async ({ signal }) =>
      (await get<{ webhook: Webhook }>(`webhooks/${webhook_id}`, {}, signal)).webhook,
    enabled: webhook_id !== undefined,
  });
}

export type DeliveryStatus = WebhookDelivery["status"];
const WHILE_SEEN = 5_000;

/** The log of a webhook, newest first; asked again while it is seen, as the server sends on. */
export function useDeliveries(webhook_id: string, status: DeliveryStatus | undefined) {
  return useInfiniteQuery({
    queryKey: ["webhooks", webhook_id, "deliveries", status],
    queryFn: ({ pageParam, signal }) =>
      getOwn<WebhookDeliveryPage>(
        `webhooks/${webhook_id}/deliveries`,
        { statuses: status ? [status] : [], page_token: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token || undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? WHILE_SEEN : false),
  });
}

/** Everything that changes webhooks; the pages on screen follow. */
export function useWebhookChanges() {
  const client = useQueryClient();
  const follow = useFollow("webhooks");
  return {
    create: async (request: CreateWebhook) =>
      (await follow(post<{ webhook: Webhook }>("webhooks", request))).webhook,
    update: ({ webhook_id, ...changes }: UpdateWebhook) =>
      follow(patch(`webhooks/${webhook_id}`, changes)),
    /** Deletes for good: the secret and the log are not kept. */
    delete: async (webhook_id: string) => {
      await remove(`webhooks/${webhook_id}`, {});
      client.removeQueries({ queryKey: ["webhooks", webhook_id] });
      await client.invalidateQueries({ queryKey: ["webhooks"], exact: true });
    },
    test: async (webhook_id: string, event: WebhookEvent) =>
      (await post<{ result: WebhookTestResult }>(`webhooks/${webhook_id}/test`, { event })).result,
    /** Sends one delivery again, or all dead ones; answers how many. */
    replay: async (webhook_id: string, delivery_id?: string) => {
      const path = `webhooks/${webhook_id}/deliveries/replay`;
      return (await follow(postOwn<WebhookDeliveriesReplayed>(path, { delivery_id }))).count;
    },
  };
}
