/** Fields that choose a column of runs, or several. */
import { MOST_LISTED } from "../../charts/chart_kinds";
import { GROUP_LABELS, GROUPS, type Group } from "../../data/columns";
import { IconButton } from "../../widgets/button";

/** A column that can be chosen. */
export interface ColumnOption {
  id: string;
  group: Group;
  label: string;
  isNumeric: boolean;
}

interface ColumnFieldProps {
  label: string;
  options: readonly ColumnOption[];
  value: string;
  isOptional: boolean;
  onChange: (id: string) => void;
}

/** One column. */
export function ColumnField({ label, options, value, isOptional, onChange }: ColumnFieldProps) {
  return (
    <label>
      {label}
      <select className="field" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="" disabled={!isOptional}>
          {isOptional ? "None" : "Choose…"}
        </option>
        <Options options={options} />
      </select>
    </label>
  );
}

interface ColumnListFieldProps {
  label: string;
  options: readonly ColumnOption[];
  value: readonly string[];
  onChange: (ids: string[]) => void;
}

/** Any number of columns, in order. */
export function ColumnListField({ label, options, value, onChange }: ColumnListFieldProps) {
  const names = new Map(options.map((option) => [option.id, option.label]));
  const rest = options.filter(({ id }) => !value.includes(id));
  return (
    <div className="column-list-field">
      <span className="field-label">{label}</span>
      <ul>
        {value.map((id) => (
          <li key={id}>
            <span className="ellipsis">{names.get(id) ?? id}</span>
            <IconButton
              icon="close"
              label={`Without ${names.get(id) ?? id}`}
              onClick={() => onChange(value.filter((other) => other !== id))}
            />
          </li>
        ))}
      </ul>
      {value.length < MOST_LISTED && rest.length > 0 && (
        <select
          className="field"
          aria-label={`Add to ${label}`}
          value=""
          onChange={(event) => onChange([...value, event.target.value])}
        >
          <option value="" disabled>
            Add…
          </option>
          <Options options={rest} />
        </select>
      )}
    </div>
  );
}

function Options({ options }: { options: readonly ColumnOption[] }) {
  return GROUPS.map((group) => {
    const own = options.filter((option) => option.group === group);
    if (own.length === 0) return null;
    return (
      <optgroup key={group} label={GROUP_LABELS[group]}>
        {own.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </optgroup>
    );
  });
}
