/** Where aliases point, or pointed. */
import { useState } from "react";
import type { VersionState } from "../../api/types.gen";
import { useRegisteredModelChanges } from "../../data/registered_models";
import { isProtectedAlias, useStagePolicy } from "../../data/stages";
import { useTransitionRequestChanges } from "../../data/transition_requests";
import { IconButton } from "../../widgets/button";
import { Menu } from "../../widgets/menu";
import { attempt, say } from "../../widgets/notices";
import { AliasMark, VersionLink } from "../../widgets/registry";
import { RollBackDialog } from "../registry_events/roll_back_dialog";
import { AliasDialog } from "./alias_dialogs";

interface AliasRowsProps {
  name: string;
  versions: readonly VersionState[];
  isPast: boolean;
  canChange: boolean;
}

type Asked = { kind: "move" | "roll back"; alias: string };

export function AliasRows({ name, versions, isPast, canChange }: AliasRowsProps) {
  const changes = useRegisteredModelChanges();
  const requests = useTransitionRequestChanges();
  const policy = useStagePolicy();
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const pointing = versions
    .flatMap(({ version, aliases = [] }) => aliases.map((alias) => ({ alias, version })))
    .sort((a, b) => a.alias.localeCompare(b.alias));
  const remove = async (alias: string, version: string) => {
    if (isProtectedAlias(policy, alias)) {
      const ask = () => requests.ask({ name, alias }, "");
      if (await attempt("Its removal could not be asked for", ask)) {
        say(`Asked to remove @${alias}, which is protected`);
      }
      return;
    }
    if (await attempt("The alias was not removed", () => changes.deleteAlias(name, alias))) {
      say(`Removed the alias @${alias}`, () => changes.setAlias(name, alias, version));
    }
  };
  return (
    <div className="standing">
      {pointing.length === 0 && (
        <p className="standing-note">
          {isPast ? "There were none" : "None: an alias is a name for one version, as @champion"}
        </p>
      )}
      {pointing.map(({ alias, version }) => (
        <div key={alias} className="standing-row">
          <AliasMark alias={alias} />
          <VersionLink name={name} version={version} />
          {canChange && (
            <Menu
              button={<IconButton icon="more" label={`Actions for @${alias}`} />}
              entries={[
                {
                  label: "Point elsewhere",
                  icon: "move",
                  onSelect: () => setAsked({ kind: "move", alias }),
                },
                {
                  label: "Roll back",
                  icon: "undo",
                  onSelect: () => setAsked({ kind: "roll back", alias }),
                },
                { label: "Remove", icon: "bin", onSelect: () => void remove(alias, version) },
              ]}
            />
          )}
        </div>
      ))}
      {asked?.kind === "move" && (
        <AliasDialog name={name} versions={versions} alias={asked.alias} onClose={close} />
      )}
      {asked?.kind === "roll back" && (
        <RollBackDialog name={name} target={{ alias: asked.alias }} onClose={close} />
      )}
    </div>
  );
}
