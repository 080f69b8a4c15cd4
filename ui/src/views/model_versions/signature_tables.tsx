/** A model's signature: what it takes, what it gives, and the params it understands. */
import type { Field, Signature } from "../../data/manifest";

export function SignatureTables({ signature }: { signature: Signature }) {
  const { inputs, outputs, params } = signature;
  return (
    <div className="signature">
      <Fields title="Inputs" fields={inputs} />
      <Fields title="Outputs" fields={outputs} />
      {params.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Params</th>
              <th>Type</th>
              <th>Default</th>
            </tr>
          </thead>
          <tbody>
            {params.map(({ name, type, usual }) => (
              <tr key={name}>
                <td>{name}</td>
                <td className="code">{type}</td>
                <td className="code">{usual}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Fields({ title, fields }: { title: string; fields: readonly Field[] }) {
  if (fields.length === 0) return null;
  const hasOptional = fields.some((field) => !field.isRequired);
  return (
    <table>
      <thead>
        <tr>
          <th>{title}</th>
          <th>Type</th>
          {hasOptional && <th>Required</th>}
        </tr>
      </thead>
      <tbody>
        {fields.map(({ name, type, isRequired }, at) => (
          <tr key={name || at}>
            <td title={name}>{name || <span className="faint">without a name</span>}</td>
            <td className="code" title={type}>
              {type}
            </td>
            {hasOptional && <td>{isRequired ? "yes" : "no"}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
