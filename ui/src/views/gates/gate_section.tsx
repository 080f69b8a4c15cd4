/** The rules of a model that a version must meet before it moves. */
import { useState } from "react";
import type { Gate } from "../../api/types.gen";
import { demandOf, useGateChanges, useGates } from "../../data/gates";
import { useMay } from "../../data/permissions";
import { IconButton } from "../../widgets/button";
import { Menu } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";
import { AliasMark, StageMark } from "../../widgets/registry";
import { Section } from "../../widgets/section";
import { GateDialog } from "./gate_dialog";

export function GateSection({ name }: { name: string }) {
  const gates = useGates(name).data ?? [];
  const changes = useGateChanges();
  const mayManage = useMay({ resource_type: "registered_model", resource_id: name }, "MANAGE");
  const [asked, setAsked] = useState<{ gate?: Gate }>();
  const remove = async (gate: Gate) => {
    if (await attempt("The gate was not removed", () => changes.delete(name, gate.gate))) {
      say(`Removed the gate “${gate.gate}”`, () => changes.set(name, gate));
    }
  };
  return (
    <Section
      title="Gates"
      note={gates.length || undefined}
      action={
        mayManage && <IconButton icon="plus" label="Set a gate" onClick={() => setAsked({})} />
      }
    >
      <div className="standing">
        {gates.length === 0 && (
          <p className="standing-note">
            None: a gate is a rule that the server checks before a version moves
          </p>
        )}
        {gates.map((gate) => (
          <div key={gate.gate} className="pending-row">
            <div>
              <p>
                <b>{gate.gate}</b> <span className="faint">before</span>{" "}
                <span className="sentence gate-targets">
                  {gate.stages?.map((stage) => (
                    <StageMark key={stage} stage={stage} />
                  ))}
                  {gate.aliases?.map((alias) => (
                    <AliasMark key={alias} alias={alias} />
                  ))}
                </span>
              </p>
              <p className="gate-demand">{demandOf(gate)}</p>
            </div>
            {mayManage && (
              <Menu
                button={<IconButton icon="more" label={`Actions for the gate ${gate.gate}`} />}
                entries={[
                  { label: "Change", icon: "pencil", onSelect: () => setAsked({ gate }) },
                  { label: "Remove", icon: "bin", onSelect: () => void remove(gate) },
                ]}
              />
            )}
          </div>
        ))}
      </div>
      {asked && <GateDialog name={name} {...asked} onClose={() => setAsked(undefined)} />}
    </Section>
  );
}
