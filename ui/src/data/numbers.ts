/** Numbers as people read them: few significant digits, the exact value kept beside. */
import type { Float } from "../api/types.gen";

/** The number that travelled, possibly as a word. */
export function toNumber(value: Float): number {
  return typeof value === "number" ? value : Number(value);
}

const DIGITS = 5;
const LONGEST_PLAIN = 8;

/** At most five significant digits; exponents where zeros would be counted; words for no numbers. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size < 1e-5 || size >= 1e9) return sign + exponent(size);
  if (Number.isInteger(size)) return sign + grouped(String(size));
  const rounded = Number(size.toPrecision(DIGITS));
  if (rounded >= 10 ** DIGITS) return sign + grouped(String(Math.round(size)));
  const text = plain(rounded);
  return text.length > LONGEST_PLAIN ? sign + exponent(size) : sign + text;
}

function exponent(size: number): string {
  const [mantissa = "", power = ""] = size.toExponential(DIGITS - 3).split("e");
  return `${trimmed(mantissa)}e${power.replace("+", "").replace("-", "−")}`;
}

function plain(size: number): string {
  const text = String(size);
  return text.includes("e") ? trimmed(size.toFixed(10)) : text;
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function grouped(digits: string): string {
  return digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, "\u2009") : digits;
}

/** The exact value, as Python writes it, for hover and copy. */
export function exactNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return String(value);
}

/** A count with thin spaces between thousands. */
export function count(value: number): string {
  return grouped(String(value));
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** A size in bytes with a decimal unit. */
export function fileSize(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** Whether a text is a plain decimal number, so that it may be aligned and shortened as one. */
export function looksNumeric(text: string): boolean {
  return text.length <= 32 && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
}
