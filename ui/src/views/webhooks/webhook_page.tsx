/** One webhook: where it calls and of what, and the log of what was sent. */
import { type ReactNode, useState } from "react";
import type { Webhook } from "../../api/types.gen";
import { goTo, places } from "../../data/address";
import { eventsOf, nameOfEvent, useWebhook } from "../../data/webhooks";
import { Button, IconButton } from "../../widgets/button";
import { CopyButton, ShortId } from "../../widgets/copy";
import { HeadFact } from "../../widgets/head_fact";
import { LoadedPage } from "../../widgets/loaded_page";
import { PageMenu } from "../../widgets/page_menu";
import { Section } from "../../widgets/section";
import { useTitle } from "../../widgets/title";
import { TwoPanes } from "../../widgets/two_panes";
import { Time } from "../../widgets/values";
import { DeliveriesPane } from "./deliveries_pane";
import { useWebhookEntries } from "./webhook_actions";
import { type Asked, WebhookDialog } from "./webhook_dialogs";
import { WebhookStatus } from "./webhooks_columns";

const USUAL_SHARE = 0.3;

export function WebhookPage({ webhook_id }: { webhook_id: string }) {
  const found = useWebhook(webhook_id);
  useTitle(found.data?.name ?? webhook_id, "Webhooks", "Admin");
  return (
    <LoadedPage found={found} what="The webhook">
      {(webhook) => (
        <TwoPanes
          views={[
            { value: "overview", label: "Overview", pane: <Overview webhook={webhook} /> },
            { value: "log", label: "Log", pane: <DeliveriesPane webhook={webhook} /> },
          ]}
          usualShare={USUAL_SHARE}
          head={(choice) => <WebhookHead webhook={webhook}>{choice}</WebhookHead>}
        />
      )}
    </LoadedPage>
  );
}

function WebhookHead({ webhook, children }: { webhook: Webhook; children: ReactNode }) {
  const [asked, setAsked] = useState<Asked>();
  const entries = useWebhookEntries(setAsked);
  return (
    <header className="run-head">
      <dl className="head-facts">
        <HeadFact name="Status">
          <WebhookStatus status={webhook.status} />
        </HeadFact>
        <HeadFact name="Created">
          <Time at={webhook.creation_timestamp} />
        </HeadFact>
        <HeadFact name="Last change">
          <Time at={webhook.last_updated_timestamp} />
        </HeadFact>
        <HeadFact name="ID">
          <ShortId id={webhook.webhook_id} />
        </HeadFact>
      </dl>
      {children}
      <Button icon="move" tone="accent" onClick={() => setAsked({ kind: "test", webhook })}>
        Send a sample
      </Button>
      <PageMenu
        button={<IconButton icon="more" label="Actions for this webhook" />}
        entries={entries(webhook)}
      />
      {asked && (
        <WebhookDialog
          asked={asked}
          onClose={() => setAsked(undefined)}
          onDeleted={() => goTo(places.webhooks())}
        />
      )}
    </header>
  );
}

function Overview({ webhook }: { webhook: Webhook }) {
  const events = eventsOf(webhook).map(nameOfEvent);
  return (
    <div className="overview-scroll">
      <Section title="Address">
        <div className="fact-list">
          <div className="fact wide-fact">
            <span className="code break-all">{webhook.url}</span>
            <CopyButton text={webhook.url} label="Copy the address" />
          </div>
          <p className="standing-note">
            {webhook.signed
              ? "What is sent is signed with a secret."
              : "What is sent is not signed: the receiver cannot tell it from what others send."}
          </p>
        </div>
      </Section>
      <Section title="Events" note={events.length}>
        <ul className="event-list code">
          {events.map((event) => (
            <li key={event}>{event}</li>
          ))}
        </ul>
      </Section>
      {webhook.description && (
        <Section title="Description">
          <p className="standing-note">{webhook.description}</p>
        </Section>
      )}
    </div>
  );
}
