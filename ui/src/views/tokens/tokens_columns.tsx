/** The columns of the list of tokens. */
import type { Resource, Token } from "../../api/types.gen";
import { SCOPES, tokenState } from "../../data/tokens";
import { IconButton } from "../../widgets/button";
import type { GridColumn } from "../../widgets/grid_column";
import { Icon } from "../../widgets/icons";
import { Time, useNow } from "../../widgets/values";

interface TokenColumnsProps {
  nameSize: number;
  onRevoke: (token: Token) => void;
}

export function tokenColumns({ nameSize, onRevoke }: TokenColumnsProps): GridColumn<Token>[] {
  return [
    {
      id: "name",
      label: "Name",
      size: nameSize,
      cell: ({ name }) => <span title={name}>{name}</span>,
    },
    {
      id: "scope",
      label: "Carries",
      size: 90,
      cell: ({ scope }) => SCOPES.find(({ value }) => value === scope)?.label ?? scope,
    },
    {
      id: "last_used_time",
      label: "Last used",
      size: 110,
      isNumeric: true,
      cell: ({ last_used_time }) =>
        last_used_time === undefined ? (
          <span className="faint">never</span>
        ) : (
          <Time at={last_used_time} />
        ),
    },
    {
      id: "expiration_time",
      label: "Ends",
      size: 130,
      isNumeric: true,
      cell: (token) => <Ends token={token} />,
    },
    {
      id: "creation_time",
      label: "Made",
      size: 110,
      isNumeric: true,
      cell: ({ creation_time }) => <Time at={creation_time} />,
    },
    {
      id: "resources",
      label: "Only for",
      size: 260,
      cell: ({ resources = [] }) =>
        resources.length === 0 ? (
          <span className="faint">no limit</span>
        ) : (
          <span title={resources.map(nameOf).join("\n")}>{resources.map(nameOf).join(", ")}</span>
        ),
    },
    {
      id: "actions",
      label: "",
      size: 48,
      cell: (token) => (
        <IconButton icon="bin" label={`Revoke ${token.name}`} onClick={() => onRevoke(token)} />
      ),
    },
  ];
}

/** An experiment or model in words. */
export function nameOf({ resource_type, resource_id }: Resource): string {
  return `${resource_type === "experiment" ? "experiment" : "model"} ${resource_id}`;
}

/** When a token ends: colour and shape tell what words do. */
function Ends({ token }: { token: Token }) {
  const state = tokenState(token, useNow());
  if (state === "valid") return <Time at={token.expiration_time} />;
  const isOver = state === "expired";
  return (
    <span className={`version-status ${isOver ? "bad" : "warning"}`}>
      <Icon name={isOver ? "close" : "clock"} size={12} />
      {isOver ? "ended" : <Time at={token.expiration_time} />}
    </span>
  );
}
