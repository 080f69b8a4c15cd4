/** The columns of the audit log. */
import type { ReactNode } from "react";
import type { AuditEvent } from "../../api/types.gen";
import { changeQuery } from "../../data/address";
import { detailsOf, subjectOf } from "../../data/audit_events";
import type { GridColumn } from "../../widgets/grid_column";
import { Icon, type IconName } from "../../widgets/icons";
import { Time } from "../../widgets/values";

const RESULTS: Record<AuditEvent["result"], { word: string; tone: string; icon: IconName }> = {
  success: { word: "Done", tone: "good", icon: "check" },
  denied: { word: "Denied", tone: "warning", icon: "shield" },
  failure: { word: "Failed", tone: "bad", icon: "close" },
};

const NOBODY = <span className="absent">–</span>;

export function auditColumns(): GridColumn<AuditEvent>[] {
  return [
    {
      id: "timestamp",
      label: "When",
      size: 110,
      cell: ({ timestamp }) => <Time at={timestamp} />,
    },
    {
      id: "actor",
      label: "Actor",
      size: 150,
      cell: ({ actor }) => (actor ? <Narrow name="actor" value={actor} /> : NOBODY),
    },
    {
      id: "action",
      label: "Action",
      size: 180,
      cell: ({ action }) => <Narrow name="action" value={action} />,
    },
    {
      id: "resource",
      label: "What",
      size: 240,
      cell: (event) => shown(subjectOf(event)),
    },
    {
      id: "result",
      label: "Result",
      size: 90,
      cell: ({ result }) => {
        const { word, tone, icon } = RESULTS[result];
        return (
          <span className={`version-status ${tone}`}>
            <Icon name={icon} size={12} />
            {word}
          </span>
        );
      },
    },
    {
      id: "details",
      label: "Details",
      size: 320,
      cell: (event) => shown(detailsOf(event)),
    },
    { id: "address", label: "From", size: 130, cell: ({ address }) => address ?? NOBODY },
    {
      id: "token",
      label: "By token",
      size: 150,
      cell: ({ token_id }) => (token_id ? <span className="code">{token_id}</span> : NOBODY),
    },
    {
      id: "sequence",
      label: "Entry",
      size: 80,
      isNumeric: true,
      cell: ({ sequence, hash }) => <span title={hash}>{sequence}</span>,
    },
  ];
}

/** A click shows only what has the same. */
function Narrow({ name, value }: { name: "actor" | "action"; value: string }) {
  return (
    <button
      type="button"
      className="cell-link"
      title={`${value}: show only these`}
      onClick={() => changeQuery({ [name]: value })}
    >
      {value}
    </button>
  );
}

function shown(text: string): ReactNode {
  return text ? <span title={text}>{text}</span> : NOBODY;
}
