/** The pages about the server, side by side; those about access for administrators only. */
import { places, useAddress } from "../data/address";
import { useSession } from "../data/session";
import { keepInSight } from "./button";

const TABS = [
  { name: "status", label: "Status", address: places.status() },
  { name: "webhooks", label: "Webhooks", address: places.webhooks() },
  { name: "stages", label: "Stages", address: places.stages() },
];

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
  const administers = session?.is_controlled === true && session.is_admin === true;
  return (
    <nav className="choice admin-tabs" aria-label="Admin">
      {[...TABS, ...(administers ? OF_ACCESS : [])].map(({ name, label, address }) => (
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
