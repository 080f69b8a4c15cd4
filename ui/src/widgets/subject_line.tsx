/** One user or group in a list, which can be taken out of it. */
import { IconButton } from "./button";
import { Icon } from "./icons";

interface SubjectLineProps {
  kind: "user" | "group";
  name: string;
  /** What the button does, in words. */
  action: string;
  onRemove: () => Promise<unknown>;
}

export function SubjectLine({ kind, name, action, onRemove }: SubjectLineProps) {
  return (
    <li>
      <Icon name={kind === "user" ? "person" : "people"} size={14} />
      <span className="ellipsis" title={name}>
        {name}
      </span>
      <span />
      <IconButton icon="close" label={action} onClick={() => void onRemove()} />
    </li>
  );
}
