/** The pages about the server, side by side. */
import { places, useAddress } from "../data/address";

const TABS = [
  { name: "status", label: "Status", address: places.status() },
  { name: "webhooks", label: "Webhooks", address: places.webhooks() },
  { name: "stages", label: "Stages", address: places.stages() },
];

export function AdminTabs() {
  const [room, inner] = useAddress().path;
  const here = inner ?? room;
  return (
    <nav className="choice" aria-label="Admin">
      {TABS.map(({ name, label, address }) => (
        <a key={name} href={address} aria-current={name === here ? "page" : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
