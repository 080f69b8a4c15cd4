/** How the server is doing; asked again while it is seen. */
import type { ReactNode } from "react";
import { serverAddress } from "../../api/client";
import type { DatabaseStatus, ServerStatus } from "../../api/types.gen";
import { places } from "../../data/address";
import { count, exactNumber, fileSize, shortNumber } from "../../data/numbers";
import { troublesOf, useServerStatus } from "../../data/status";
import { duration } from "../../data/times";
import { AdminTabs } from "../../widgets/admin_tabs";
import { CopyButton } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { Section } from "../../widgets/section";
import { useTitle } from "../../widgets/title";
import { Time } from "../../widgets/values";

export function StatusPage() {
  const found = useServerStatus();
  const status = found.data;
  useTitle("Status", "Admin");
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <div className="toolbar">
        <AdminTabs />
        <span className="push" />
        {status && <Health status={status} isStale={found.isError} />}
      </div>
      {found.isPending && <Loading />}
      {found.isError && status && <Stale error={found.error} retry={retry} />}
      {found.isError && !status && (
        <Failure what="The server did not say how it is doing" error={found.error} retry={retry} />
      )}
      {status && <Facts status={status} />}
    </div>
  );
}

/** One word; the sentences stand below. */
function Health({ status, isStale }: { status: ServerStatus; isStale: boolean }) {
  if (isStale) return <span className="version-status quiet">Not known any more</span>;
  const isWell = troublesOf(status).length === 0;
  return (
    <span className={`version-status ${isWell ? "good" : "warning-text"}`} role="status">
      <Icon name={isWell ? "check" : "clock"} size={12} />
      {isWell ? "All is well" : "Needs attention"}
    </span>
  );
}

function Facts({ status }: { status: ServerStatus }) {
  const { artifacts, traffic } = status;
  return (
    <div className="status-page">
      {troublesOf(status).map(({ text, address }) => (
        <p key={text} className="pane-note warning-text">
          {text}.{" "}
          {address && (
            <a className="version-link" href={address}>
              Look at them
            </a>
          )}
        </p>
      ))}
      <div className="status-columns">
        <Section title="Server">
          <Row name="Version">{status.version}</Row>
          <Row name="As MLflow">{status.mlflow_version}</Row>
          <Row name="Address" copy={serverAddress()}>
            {serverAddress()}
          </Row>
          <Row name="Up for">{duration(Number(status.uptime) * 1000)}</Row>
          <Row name="Memory">
            {status.memory === undefined ? undefined : fileSize(status.memory)}
          </Row>
          <Row name="Process">{status.process_id}</Row>
        </Section>
        <Section title="Last minute">
          <Row name="Requests">{count(traffic.requests)}</Row>
          <Row name="Half took less than">
            {traffic.median === undefined ? undefined : <Milliseconds value={traffic.median} />}
          </Row>
          <Row name="99 % took less than">
            {traffic.p99 === undefined ? undefined : <Milliseconds value={traffic.p99} />}
          </Row>
          <Row name="Pages that follow live">{count(status.streams)}</Row>
        </Section>
        <Section title="Database">
          <Database database={status.database} />
        </Section>
        {status.registry_database && (
          <Section title="Database of the registry">
            <Database database={status.registry_database} />
          </Section>
        )}
        <Section title="Artifacts">
          <Row name="Kept in" copy={artifacts.location}>
            {artifacts.location}
          </Row>
          <Row name="Size">
            {artifacts.size === undefined
              ? uncounted(artifacts.is_counted)
              : fileSize(artifacts.size)}
          </Row>
          <Row name="Files">
            {artifacts.files === undefined
              ? uncounted(artifacts.is_counted)
              : count(artifacts.files)}
          </Row>
          {artifacts.counted_at !== undefined && (
            <Row name="Counted">
              <Time at={artifacts.counted_at} />
            </Row>
          )}
        </Section>
        <Section title="Contents">
          <Row name="Experiments" address={places.experiments()}>
            {count(status.experiments)}
          </Row>
          <Row name="Runs">{count(status.runs)}</Row>
          <Row name="Registered models" address={places.models()}>
            {count(status.registered_models)}
          </Row>
          <Row name="Versions">{count(status.model_versions)}</Row>
        </Section>
        <Section title="Webhooks">
          <Row name="To be sent" address={places.webhooks()}>
            {count(status.outbox)}
          </Row>
          <Row name="Given up" address={places.webhooks()}>
            {count(status.dead_letters)}
          </Row>
        </Section>
      </div>
    </div>
  );
}

const KINDS: Record<string, string> = {
  sqlite: "SQLite",
  postgresql: "PostgreSQL",
  mysql: "MySQL or MariaDB",
};

function Database({ database }: { database: DatabaseStatus }) {
  return (
    <>
      <Row name="Kind">{KINDS[database.kind] ?? database.kind}</Row>
      <Row name="Size">{fileSize(database.size)}</Row>
      <Row name="Schema version">{database.schema_version}</Row>
      <Row name="Writes that wait">{count(database.writer_queue)}</Row>
    </>
  );
}

function uncounted(isCounted: boolean): ReactNode {
  return <span className="faint">{isCounted ? "being counted" : "not counted there"}</span>;
}

/** No two minutes are alike: a third digit says as much as there is to say. */
const DIGITS = 3;

function Milliseconds({ value }: { value: number | string }) {
  const exact = Number(value);
  return (
    <span title={`${exactNumber(exact)} ms`}>
      {shortNumber(Number(exact.toPrecision(DIGITS)))} ms
    </span>
  );
}

interface RowProps {
  name: string;
  address?: string;
  /** What a button behind the value copies. */
  copy?: string;
  children: ReactNode;
}

function Row({ name, address, copy, children }: RowProps) {
  return (
    <div className="fact">
      <span className="fact-key">{name}</span>
      <span className="fact-value" title={copy}>
        {children === undefined ? (
          <span className="absent">–</span>
        ) : address ? (
          <a className="version-link" href={address}>
            {children}
          </a>
        ) : (
          children
        )}
      </span>
      {copy && <CopyButton text={copy} label={`Copy ${name.toLowerCase()}`} />}
    </div>
  );
}
