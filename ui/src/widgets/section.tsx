/** A part of a pane under a heading, which folds it. */
import { type ReactNode, useState } from "react";
import { Icon } from "./icons";

interface SectionProps {
  title: string;
  /** Stands beside the title. */
  note?: ReactNode;
  /** Stands at the end of the heading. */
  action?: ReactNode;
  children: ReactNode;
}

export function Section({ title, note, action, children }: SectionProps) {
  const [isOpen, setOpen] = useState(true);
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <button
          type="button"
          className="fact-heading"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="forward" size={12} />
          {title}
          {note !== undefined && <span className="faint">{note}</span>}
        </button>
        {action}
      </div>
      {isOpen && children}
    </section>
  );
}
