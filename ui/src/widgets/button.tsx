/** Buttons: with words, with an icon, and a row of which one is chosen. */
import type { ComponentProps, ReactNode } from "react";
import { Icon, type IconName } from "./icons";

interface ButtonProps extends ComponentProps<"button"> {
  icon?: IconName;
  tone?: "plain" | "accent" | "quiet";
}

/** A button with words. */
export function Button({ icon, tone = "plain", children, className = "", ...rest }: ButtonProps) {
  return (
    <button type="button" className={`button ${tone} ${className}`} {...rest}>
      {icon && <Icon name={icon} size={14} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  icon: IconName;
  label: string;
}

/** A button with an icon only; the label is its name and its hint. */
export function IconButton({ icon, label, className = "", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: { value: Value; label: ReactNode; hint?: string }[];
  onChange: (value: Value) => void;
}

/** Where there is no room for all, the one that holds is seen. */
export function keepInSight(chosen: HTMLElement | null): (() => void) | undefined {
  if (!chosen) return undefined;
  // Told once the page is laid out: to ask here would have it laid out twice.
  const observer = new ResizeObserver(() => {
    const row = chosen.parentElement;
    if (!row || row.scrollWidth <= row.clientWidth) return;
    row.scrollLeft = chosen.offsetLeft + chosen.offsetWidth - row.clientWidth + 2;
  });
  observer.observe(chosen);
  return () => observer.disconnect();
}

/** What is seen has to be part of the name, for those who say what they want to press. */
function nameOf({ label, hint }: { label: ReactNode; hint?: string }): string | undefined {
  return hint && typeof label === "string" ? `${label}: ${hint}` : hint;
}

/** A few options of which one holds. */
export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  return (
    <fieldset className="choice" aria-label={props.label}>
      {props.options.map((option) => (
        <button
          key={option.value}
          ref={option.value === props.value ? keepInSight : null}
          type="button"
          aria-pressed={option.value === props.value}
          aria-label={nameOf(option)}
          title={option.hint}
          onClick={() => props.onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
