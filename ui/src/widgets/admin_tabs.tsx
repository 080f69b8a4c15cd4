/** The pages about the server, side by side, as far as there is something that one may do there. */
import { places, useAddress } from "../data/address";
import { useAdministers, useSession } from "../data/session";
import { keepInSight } from "./button";

const OF_EVERYBODY = [{ name: "stages", label: "Stages", address: places.stages() }];

const OF_SERVER = [
  { name: "status", label: "Status", address: places.status() },
  { name: "webhooks", label: "Webhooks", address: places.webhooks() },
];

const WORKSPACES = {
  name: "workspaces",
  label: "Workspaces",
  address: places.administration("workspaces"),
};

const OF_ACCESS = [
  { name: "users", label: "Users", address: places.administration("users") },
  { name: "groups", label: "Groups", address: places.administration("groups") },
  { name: "roles", label: "Roles", address: places.administration("roles") },
  { name: "audit", label: "Audit log", address: places.audit() },
];

export function AdminTabs() {
  const [room, inner] = useAddress().path;
  const session = useSession();
  const here = inner ?? room;
  const administers = useAdministers();
  const tabs = [
    ...(administers ? OF_SERVER : []),
    ...OF_EVERYBODY,
    ...(administers && session?.workspace ? [WORKSPACES] : []),
    ...(administers && session?.is_controlled ? OF_ACCESS : []),
  ];
  return (
    <nav className="choice admin-tabs" aria-label="Admin">
      {tabs.map(({ name, label, address }) => (
        <a
          key={name}
          ref={name === here ? keepInSight : null}
          href={address}
          aria-current={name === here ? "page" : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}
