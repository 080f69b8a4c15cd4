/** A JSON value as a tree that folds. */
import { useState } from "react";
import { isBranch, type JsonValue } from "../data/json_values";
import { count } from "../data/numbers";
import { Icon } from "./icons";

const PARTS_AT_ONCE = 100;
const LONGEST_TEXT = 2_000;
/** A value this small stands open. */
const FEW_PARTS = 30;

export function JsonTree({ value }: { value: JsonValue }) {
  return (
    <div className="json-tree">
      <Node name={undefined} value={value} depth={0} />
    </div>
  );
}

interface NodeProps {
  name: string | undefined;
  value: JsonValue;
  depth: number;
}

function Node({ name, value, depth }: NodeProps) {
  if (!isBranch(value)) {
    return (
      <div className="json-leaf" style={{ paddingLeft: depth * 16 + 16 }}>
        {name !== undefined && <span className="json-key">{name}: </span>}
        <Leaf value={value} />
      </div>
    );
  }
  return <Branch name={name} value={value} depth={depth} />;
}

interface BranchProps extends NodeProps {
  value: JsonValue[] | { [key: string]: JsonValue };
}

function Branch({ name, value, depth }: BranchProps) {
  const parts = Object.entries(value);
  const [isOpen, setOpen] = useState(depth === 0 || (depth === 1 && parts.length <= FEW_PARTS));
  const [most, setMost] = useState(PARTS_AT_ONCE);
  const isList = Array.isArray(value);
  const size = `${count(parts.length)} ${isList ? "items" : "keys"}`;
  return (
    <>
      <button
        type="button"
        className="json-branch"
        style={{ paddingLeft: depth * 16 }}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="forward" size={10} />
        {name !== undefined && <span className="json-key">{name}: </span>}
        <span className="faint">
          {isList ? "[ ]" : "{ }"} {size}
        </span>
      </button>
      {isOpen &&
        parts
          .slice(0, most)
          .map(([key, part]) => <Node key={key} name={key} value={part} depth={depth + 1} />)}
      {isOpen && parts.length > most && (
        <button
          type="button"
          className="json-branch faint"
          style={{ paddingLeft: depth * 16 + 32 }}
          onClick={() => setMost(most + PARTS_AT_ONCE)}
        >
          {count(parts.length - most)} more
        </button>
      )}
    </>
  );
}

function Leaf({ value }: { value: JsonValue }) {
  if (typeof value === "string") {
    const text = value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
    return <span className="json-text">{JSON.stringify(text)}</span>;
  }
  return <span className="json-word">{String(value)}</span>;
}
