/** The machine that a run ran on, and what was kept of its source and packages. */
import type { Run } from "../../api/types.gen";
import { fileAddress } from "../../data/artifacts";
import { type Machine, useCaptured } from "../../data/captured";
import { fileSize } from "../../data/numbers";
import { CopyButton } from "../../widgets/copy";
import { Section } from "../../widgets/section";

const FILES: Record<string, string> = {
  ".millstream/requirements.txt": "Packages",
  ".millstream/requirements.lock": "Lock",
  ".millstream/project.json": "Call",
  ".millstream/source/tree.json": "Work tree",
  ".millstream/source/uncommitted.diff": "Changes",
};

export function CapturedSection({ run }: { run: Run }) {
  const { run_id } = run.info;
  const { data } = useCaptured(run_id);
  if (!data || (!data.machine && data.files.length === 0)) return null;
  const facts = data.machine ? factsOf(data.machine) : [];
  return (
    <Section title="Captured">
      <dl className="about">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
            {name === "Command" && (
              <dd className="about-copy">
                <CopyButton text={value} label="Copy command" />
              </dd>
            )}
          </div>
        ))}
        {data.files.map(({ path, file_size }) => (
          <div key={path}>
            <dt>{FILES[path] ?? "File"}</dt>
            <dd>
              <a className="link" href={fileAddress(run_id, path)} target="_blank" rel="noopener">
                {path.slice(path.lastIndexOf("/") + 1)}
              </a>
              <span className="faint"> · {fileSize(file_size ?? 0)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

/** Whatever is no text or number where one is expected is left out. */
export function factsOf(machine: Machine): [name: string, value: string][] {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const size = (value: unknown) => (typeof value === "number" ? fileSize(value) : "");
  const gpus = Array.isArray(machine.gpus) ? machine.gpus : [];
  const cores = typeof machine.cpu_count === "number" ? ` × ${machine.cpu_count}` : "";
  const command = Array.isArray(machine.command) ? machine.command.map(text).join(" ") : "";
  const driver = [text(machine.gpu_driver), machine.cuda ? `CUDA ${text(machine.cuda)}` : ""];
  const facts: [string, string][] = [
    ["Command", command],
    ["Host", text(machine.host)],
    ["System", text(machine.os)],
    ["Python", text(machine.python)],
    ["CPU", machine.cpu ? `${text(machine.cpu)}${cores}` : ""],
    ["Memory", size(machine.memory)],
    ["GPU", gpus.map((gpu) => `${text(gpu?.name)} (${size(gpu?.memory)})`).join(", ")],
    ["GPU driver", driver.filter(Boolean).join(" · ")],
  ];
  return facts.filter(([, value]) => value !== "");
}
