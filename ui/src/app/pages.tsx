/** Which page an address opens; each comes when it is opened. */
import { type ReactNode, useEffect } from "react";
import { places, useAddress } from "../data/address";
import { useFewExperiments } from "../data/experiments";
import { ChartPane } from "../views/metrics/chart_pane";
import { OpenedView } from "../views/saved_views/opened_view";
import { ErrorBoundary } from "../widgets/error_boundary";
import { later } from "../widgets/later";
import { Empty, Loading } from "../widgets/panels";

const WAITING = <Loading />;

const ExperimentsPage = later(
  async () => (await import("../views/experiments/experiments_page")).ExperimentsPage,
  WAITING,
);
const RunsPage = later(
  async () => (await withCharts(import("../views/runs/runs_page"))).RunsPage,
  WAITING,
);
const RunPage = later(
  async () => (await withCharts(import("../views/run/run_page"))).RunPage,
  WAITING,
);
const RunComparisonPage = later(
  async () => (await import("../views/comparison/comparison_page")).RunComparisonPage,
  WAITING,
);
const RegisteredModelsPage = later(
  async () =>
    (await import("../views/registered_models/registered_models_page")).RegisteredModelsPage,
  WAITING,
);
const RegisteredModelPage = later(
  async () =>
    (await import("../views/registered_models/registered_model_page")).RegisteredModelPage,
  WAITING,
);
const ModelVersionPage = later(
  async () => (await import("../views/model_versions/model_version_page")).ModelVersionPage,
  WAITING,
);
const VersionComparisonPage = later(
  async () => (await import("../views/model_versions/comparison_page")).VersionComparisonPage,
  WAITING,
);
const WebhooksPage = later(
  async () => (await import("../views/webhooks/webhooks_page")).WebhooksPage,
  WAITING,
);
const WebhookPage = later(
  async () => (await import("../views/webhooks/webhook_page")).WebhookPage,
  WAITING,
);
const StatusPage = later(
  async () => (await import("../views/status/status_page")).StatusPage,
  WAITING,
);
const StagesPage = later(
  async () => (await import("../views/stages/stages_page")).StagesPage,
  WAITING,
);

const TokensPage = later(
  async () => (await import("../views/tokens/tokens_page")).TokensPage,
  WAITING,
);
const UsersPage = later(async () => (await import("../views/users/users_page")).UsersPage, WAITING);
const GroupsPage = later(
  async () => (await import("../views/groups/groups_page")).GroupsPage,
  WAITING,
);
const WorkspacesPage = later(
  async () => (await import("../views/workspaces/workspaces_page")).WorkspacesPage,
  WAITING,
);
const RolesPage = later(async () => (await import("../views/roles/roles_page")).RolesPage, WAITING);
const AuditPage = later(
  async () => (await import("../views/audit_events/audit_page")).AuditPage,
  WAITING,
);

/** Has the charts of a page arrive together with it. */
async function withCharts<Module>(page: Promise<Module>): Promise<Module> {
  // What keeps them from coming is told where they would be drawn.
  const [module] = await Promise.all([page, ChartPane.load().catch(() => undefined)]);
  return module;
}

/** Fetches a page that visits often begin with, so that it is drawn at once. */
export async function loadPage([room, experiment_id, inner]: readonly string[]): Promise<void> {
  if (room !== "experiments") return;
  if (experiment_id === undefined) await ExperimentsPage.load();
  else if (inner === undefined) await RunsPage.load();
  else if (inner === "runs") await RunPage.load();
}

/** The page of the current address. */
export function Page() {
  const { path } = useAddress();
  return <ErrorBoundary key={path.join("/")}>{pageOf(path)}</ErrorBoundary>;
}

function pageOf(path: readonly string[]): ReactNode {
  const [room, ...rest] = path;
  const page =
    room === undefined ? (
      <Home />
    ) : room === "experiments" ? (
      experimentPage(rest)
    ) : room === "models" ? (
      modelPage(rest)
    ) : room === "status" ? (
      <StatusPage />
    ) : room === "tokens" ? (
      <TokensPage />
    ) : room === "administration" ? (
      administrationPage(rest)
    ) : room === "audit" ? (
      <AuditPage />
    ) : room === "admin" ? (
      adminPage(rest)
    ) : undefined;
  return page ?? <NoPage path={path} />;
}

function experimentPage([experiment_id, inner, run_id]: readonly string[]): ReactNode {
  if (experiment_id === undefined) return <ExperimentsPage />;
  if (inner === undefined) {
    return (
      <OpenedView key={experiment_id} experiment_id={experiment_id}>
        <RunsPage experiment_id={experiment_id} />
      </OpenedView>
    );
  }
  if (inner === "compare") return <RunComparisonPage experiment_id={experiment_id} />;
  if (inner === "runs" && run_id !== undefined) {
    return <RunPage key={run_id} experiment_id={experiment_id} run_id={run_id} />;
  }
  return undefined;
}

function modelPage([name, inner, number]: readonly string[]): ReactNode {
  if (name === undefined) return <RegisteredModelsPage />;
  if (inner === undefined) return <RegisteredModelPage key={name} name={name} />;
  if (inner === "compare") return <VersionComparisonPage key={name} name={name} />;
  if (inner === "versions" && number !== undefined) {
    return <ModelVersionPage key={`${name}/${number}`} name={name} number={number} />;
  }
  return undefined;
}

function adminPage([name, id]: readonly string[]): ReactNode {
  if (name === "stages") return <StagesPage />;
  if (name !== "webhooks") return undefined;
  return id === undefined ? <WebhooksPage /> : <WebhookPage key={id} webhook_id={id} />;
}

function administrationPage([noun = "users"]: readonly string[]): ReactNode {
  if (noun === "users") return <UsersPage />;
  if (noun === "groups") return <GroupsPage />;
  if (noun === "workspaces") return <WorkspacesPage />;
  return noun === "roles" ? <RolesPage /> : undefined;
}

function NoPage({ path }: { path: readonly string[] }) {
  return (
    <Empty title={`There is no page “${path.join("/")}”`}>
      <p>
        <a className="link" href={places.experiments()}>
          All experiments
        </a>
      </p>
    </Empty>
  );
}

/** The list of experiments, or Default's runs if there is nothing else. */
function Home() {
  const few = useFewExperiments(true);
  useEffect(() => {
    if (few.isPending) return;
    const [first, second] = few.data?.experiments ?? [];
    const isOnlyDefault = first?.experiment_id === "0" && !second;
    window.location.replace(
      isOnlyDefault ? places.runs(first.experiment_id) : places.experiments(),
    );
  }, [few.isPending, few.data]);
  return null;
}
