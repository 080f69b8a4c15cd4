/** Times as people read them. All inputs are milliseconds. */

const STEPS: [limit: number, size: number, unit: string][] = [
  [3_600_000, 60_000, "min"],
  [86_400_000, 3_600_000, "h"],
  [30 * 86_400_000, 86_400_000, "d"],
  [365 * 86_400_000, 30 * 86_400_000, "mo"],
  [Number.POSITIVE_INFINITY, 365 * 86_400_000, "y"],
];

/** "just now", "5 min ago", "3 h ago"; "in 2 d" for the future. */
export function relativeTime(time: number, now: number): string {
  const distance = Math.abs(now - time);
  if (distance < 60_000) return "just now";
  for (const [limit, size, unit] of STEPS) {
    if (distance < limit) {
      const text = `${Math.floor(distance / size)} ${unit}`;
      return time <= now ? `${text} ago` : `in ${text}`;
    }
  }
  return exactTime(time);
}

/** Date and time of the reader's zone, to the second, with the zone. */
export function exactTime(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock} ${zone(date)}`;
}

function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const rest = size % 60 ? `:${String(size % 60).padStart(2, "0")}` : "";
  return `UTC${minutes < 0 ? "−" : "+"}${Math.floor(size / 60)}${rest}`;
}

const UNITS: [size: number, unit: string][] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
  [1, "ms"],
];

/** A duration in its largest unit, to two digits: "12 min", "1.5 h". */
export function roughDuration(milliseconds: number): string {
  const [size, unit] = UNITS.find(([each]) => milliseconds >= each) ?? [1, "ms"];
  const count = milliseconds / size;
  return `${count < 10 ? Number(count.toPrecision(2)) : Math.round(count)} ${unit}`;
}

/** "340 ms", "12.4 s", "3 min 05 s", "2 h 07 min", "4 d 3 h". */
export function duration(milliseconds: number): string {
  if (milliseconds < 0) return `−${duration(-milliseconds)}`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${Number((milliseconds / 1000).toFixed(1))} s`;
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 24) return `${hours} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  const days = Math.floor(hours / 24);
  return days < 100 ? `${days} d ${hours % 24} h` : `${days} d`;
}
