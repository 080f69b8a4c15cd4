/** The table in which stages are ordered, protected, and opened to each other. */
import { IconButton } from "../../widgets/button";
import { StageMark } from "../../widgets/registry";
import { isFixed, type StageRow, withMove, withMoved } from "./stage_draft";

interface StageTableProps {
  rows: readonly StageRow[];
  onChange: (rows: readonly StageRow[]) => void;
}

export function StageTable({ rows, onChange }: StageTableProps) {
  const change = (id: string, part: Partial<StageRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  return (
    <div className="stage-scroll">
      <table className="stage-table">
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              Stage
            </th>
            <th scope="col" rowSpan={2} title="Entered and left by approved requests only">
              Protected
            </th>
            <th scope="col" rowSpan={2} title="Whoever asked may approve, too">
              Own approval
            </th>
            <th scope="colgroup" colSpan={rows.length}>
              A version may go on to
            </th>
            <th rowSpan={2}>
              <span className="off-screen">Order</span>
            </th>
          </tr>
          <tr>
            {rows.map((row) => (
              <th key={row.id} scope="col" className="stage-target" title={row.name}>
                {row.name || "…"}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={row.id}>
              <th scope="row">
                <StageName row={row} onName={(name) => change(row.id, { name })} />
              </th>
              <td>
                <input
                  type="checkbox"
                  aria-label={`${row.name} is protected`}
                  checked={row.isProtected}
                  // Every new version begins in the first one.
                  disabled={at === 0}
                  onChange={(event) => change(row.id, { isProtected: event.target.checked })}
                />
              </td>
              <td>
                <input
                  type="checkbox"
                  aria-label={`Whoever asked for ${row.name} may approve, too`}
                  checked={row.isProtected && row.isSelfApproved}
                  disabled={!row.isProtected}
                  onChange={(event) => change(row.id, { isSelfApproved: event.target.checked })}
                />
              </td>
              {rows.map((to) => (
                <td key={to.id} className={to.id === row.id ? "stage-same" : undefined}>
                  {to.id !== row.id && (
                    <input
                      type="checkbox"
                      aria-label={`From ${row.name} to ${to.name}`}
                      checked={!row.closed.has(to.id)}
                      onChange={(event) =>
                        onChange(withMove(rows, row.id, to.id, event.target.checked))
                      }
                    />
                  )}
                </td>
              ))}
              <td className="stage-order">
                {!isFixed(row) && (
                  <>
                    <IconButton
                      icon="up"
                      label={`Move ${row.name} up`}
                      disabled={at <= 1}
                      onClick={() => onChange(withMoved(rows, row.id, -1))}
                    />
                    <IconButton
                      icon="down"
                      label={`Move ${row.name} down`}
                      disabled={at >= rows.length - 2}
                      onClick={() => onChange(withMoved(rows, row.id, 1))}
                    />
                    <IconButton
                      icon="close"
                      label={`Take out ${row.name}`}
                      onClick={() => onChange(rows.filter(({ id }) => id !== row.id))}
                    />
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface StageNameProps {
  row: StageRow;
  onName: (name: string) => void;
}

/** A stage that exists keeps its name: versions are in it. */
function StageName({ row, onName }: StageNameProps) {
  if (!row.isNew) return <StageMark stage={row.name} />;
  return (
    <input
      className="field"
      aria-label="Name of the new stage"
      placeholder="Name"
      value={row.name}
      onChange={(event) => onName(event.target.value)}
    />
  );
}
