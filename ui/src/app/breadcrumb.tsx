/** Where one is: the way down to this page, whose last part is the title. */
import { type ReactNode, useEffect } from "react";
import { places, useAddress } from "../data/address";
import { useExperiment } from "../data/experiments";
import { kindOf, remember } from "../data/recent";
import { useRun } from "../data/runs";
import { useSession } from "../data/session";
import { useWebhook } from "../data/webhooks";
import type { AccessButtonProps } from "../views/permissions/access_button";
import { RunTitle } from "../views/run/run_title";
import { ViewsMenu } from "../views/saved_views/views_menu";
import { later } from "../widgets/later";

const AccessPart = later(
  async () => (await import("../views/permissions/access_button")).AccessButton,
  null,
);

/** Only where people sign in, once that is known. */
function AccessButton(props: AccessButtonProps) {
  return useSession()?.is_controlled ? <AccessPart {...props} /> : null;
}

interface Step {
  text: string;
  address: string;
  /** Drawn in the place of the text where it is the title. */
  title?: ReactNode;
}

export function Breadcrumb() {
  const { path } = useAddress();
  if (path[0] === "models") return <ModelSteps path={path} />;
  if (ADMIN_ROOMS.includes(path[0] ?? "")) return <AdminSteps path={path} />;
  if (path[0] === "tokens") return <TokenSteps />;
  return <ExperimentSteps path={path} />;
}

function TokenSteps() {
  const of = useAddress().query.get("of");
  return (
    <Steps steps={[{ text: of ? `Tokens of ${of}` : "My tokens", address: places.tokens() }]} />
  );
}

const ADMIN_ROOMS = ["admin", "administration", "audit", "status"];

const NOUNS = { users: "Users", groups: "Groups", roles: "Roles", workspaces: "Workspaces" };

function AdminSteps({ path: [room, name, id] }: { path: string[] }) {
  const webhook = useWebhook(name === "webhooks" ? id : undefined);
  const steps: Step[] = [{ text: "Admin", address: places.status() }];
  const noun = room === "administration" ? (name ?? "users") : undefined;
  if (noun === "users" || noun === "groups" || noun === "roles" || noun === "workspaces") {
    steps.push({ text: NOUNS[noun], address: places.administration(noun) });
  }
  if (room === "audit") steps.push({ text: "Audit log", address: places.audit() });
  if (room === "status") steps.push({ text: "Status", address: places.status() });
  if (name === "webhooks") steps.push({ text: "Webhooks", address: places.webhooks() });
  if (name === "stages") steps.push({ text: "Stages", address: places.stages() });
  if (id) steps.push({ text: webhook.data?.name ?? "", address: places.webhook(id) });
  return <Steps steps={steps} />;
}

function ModelSteps({ path: [, name, inner, number] }: { path: string[] }) {
  const steps: Step[] = [{ text: "Models", address: places.models() }];
  if (name) steps.push({ text: name, address: places.model(name) });
  if (name && inner === "versions" && number) {
    steps.push({ text: `Version ${number}`, address: places.version(name, number) });
  }
  if (name && inner === "compare") {
    steps.push({ text: "Compare", address: places.comparison(name, []) });
  }
  return (
    <>
      <Steps steps={steps} />
      {name && inner === undefined && (
        <AccessButton
          key={name}
          resource={{ resource_type: "registered_model", resource_id: name }}
          name={name}
        />
      )}
    </>
  );
}

function ExperimentSteps({ path }: { path: string[] }) {
  const [room, experiment_id, inner, run_id] = path[0] === "experiments" ? path : [path[0]];
  const experiment = useExperiment(experiment_id);
  const run = useRun(inner === "runs" ? run_id : undefined);
  const steps: Step[] = [{ text: "Experiments", address: places.experiments() }];
  if (experiment_id) {
    steps.push({
      text: experiment.data?.name ?? (experiment.isError ? experiment_id : ""),
      address: places.runs(experiment_id),
    });
    if (inner === "compare") {
      steps.push({ text: "Compare", address: places.runComparison(experiment_id) });
    } else if (run_id) {
      const text = run.data?.info.run_name || run_id.slice(0, 8);
      const title = run.data && <RunTitle run={run.data} />;
      steps.push({ text, title, address: places.run(experiment_id, run_id) });
    }
  }
  const isList = room === "experiments" && !experiment_id;
  useEffect(() => {
    if (isList) document.title = "Experiments · Millstream";
  }, [isList]);
  return (
    <>
      <Steps steps={steps} />
      {experiment_id && path.length === 2 && (
        <>
          <ViewsMenu key={experiment_id} experiment_id={experiment_id} />
          <AccessButton
            key={`access ${experiment_id}`}
            resource={{ resource_type: "experiment", resource_id: experiment_id }}
            name={experiment.data?.name ?? experiment_id}
          />
        </>
      )}
    </>
  );
}

function Steps({ steps }: { steps: readonly Step[] }) {
  useRemembered(steps);
  return (
    <nav className="breadcrumb" aria-label="Breadcrumb">
      {steps.map((step, at) =>
        at === steps.length - 1 ? (
          <h1 key={`${step.address} ${step.text}`} title={step.title ? undefined : step.text}>
            {step.title ?? step.text}
          </h1>
        ) : (
          <a key={`${step.address} ${step.text}`} href={step.address} title={step.text}>
            {step.text}
          </a>
        ),
      )}
    </nav>
  );
}

/** Notes the page for the palette, once its name is known. */
function useRemembered(steps: readonly Step[]): void {
  const { path } = useAddress();
  const kind = kindOf(path);
  const last = steps.at(-1);
  const before = steps.at(-2);
  const text = kind === "version" ? `${before?.text} / ${last?.text}` : last?.text;
  const address = last?.address;
  useEffect(() => {
    if (kind && text && address) remember({ address, text, kind });
  }, [kind, text, address]);
}
