/** The icons, drawn on a 16-pixel grid in the colour of the text. */
import type { ReactNode } from "react";

const PATHS = {
  experiments: (
    <path d="M6 2v4.2L2.9 12a1.4 1.4 0 0 0 1.2 2h7.8a1.4 1.4 0 0 0 1.2-2L10 6.2V2M5 2h6M4.4 10h7.2" />
  ),
  search: <path d="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.2" />,
  copy: <path d="M6 6h7v7H6zM10 6V3H3v7h3" />,
  check: <path d="m3 8.5 3.2 3.2L13 5" />,
  columns: <path d="M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10" />,
  table: <path d="M2.5 3h11v10h-11zM2.5 6.5h11M2.5 10h11" />,
  chart: <path d="M2.5 2.5v11h11M5 10l2.5-3 2.2 1.8L13 5" />,
  split: <path d="M2.5 3h11v10h-11zM8.5 3v10" />,
  pencil: <path d="m3 13 .6-2.6L10.8 3.2l2 2-7.2 7.2zM9.5 4.5l2 2" />,
  bin: <path d="M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5M7 7v3.5M9 7v3.5" />,
  chevron: <path d="m4.5 6.5 3.5 3.5 3.5-3.5" />,
  twisty: <path d="m6.5 4.5 3.5 3.5-3.5 3.5" />,
  pin: <path d="M6 2.5h4M6.8 2.5v4L5 9h6L9.2 6.5v-4M8 9v4.5" />,
  eye: (
    <path d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8Zm6.5 1.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z" />
  ),
  tree: <path d="M3 3h4M3 3v9.5h4M3 8h4M9 3h4M9 8h4M9 12.5h4" />,
  rows: <path d="M2.5 4h11M2.5 8h11M2.5 12h11" />,
  groups: <path d="M2.5 3.5h11M5.5 6.5h8M2.5 9.7h11M5.5 12.7h8" />,
  filter: <path d="M2.5 3.5h11L9.2 8.7v4.1L6.8 11.5V8.7z" />,
  tag: <path d="M2.5 2.5h5l6 6-5 5-6-6zM5.3 5.3h.01" />,
  undo: <path d="M3 6.5h6.5a3 3 0 0 1 0 6H6M3 6.5 5.8 3.7M3 6.5l2.8 2.8" />,
  folder: <path d="M2 12.5v-9h4l1.3 1.7H14v7.3z" />,
  file: <path d="M4 2h5l3 3v9H4zM9 2v3h3" />,
  download: <path d="M8 2.5v7.5m0 0 3-3m-3 3-3-3M3 13h10" />,
  forward: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  back: <path d="M10 3.5 5.5 8l4.5 4.5" />,
  image: <path d="M2.5 3h11v10h-11zM2.5 11l3.2-3.4 2.6 2.6 2-1.8 3.2 3M10.5 6h.01" />,
  sun: (
    <path d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.3m0 10.4v1.3M1.5 8h1.3m10.4 0h1.3M3.4 3.4l.9.9m7.4 7.4.9.9m0-9.2-.9.9m-7.4 7.4-.9.9" />
  ),
  moon: <path d="M13 9.7A5.5 5.5 0 0 1 6.3 3a5.5 5.5 0 1 0 6.7 6.7Z" />,
  screen: <path d="M2 3h12v8H2zM6 13.5h4M8 11v2.5" />,
  keyboard: <path d="M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6" />,
  refresh: <path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.3h-2.3" />,
  model: <path d="m8 2 5.5 3v6L8 14l-5.5-3V5zM2.5 5 8 8l5.5-3M8 8v6" />,
  clock: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9v3.2l2.2 1.4" />,
  move: <path d="M2.5 8h10m0 0L9 4.5M12.5 8 9 11.5" />,
  code: <path d="M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5" />,
  person: (
    <path d="M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8Zm-5 5.5c.4-2.4 2.4-3.7 5-3.7s4.6 1.3 5 3.7" />
  ),
  people: (
    <path d="M6 8a2.3 2.3 0 1 0 0-4.6A2.3 2.3 0 0 0 6 8Zm-4.5 5c.4-2.1 2.1-3.2 4.5-3.2s4.1 1.1 4.5 3.2M10.6 3.6a2.2 2.2 0 0 1 0 4.2m1.3 2.2c1.4.4 2.3 1.4 2.6 3" />
  ),
  key: <path d="M5.2 13.3a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8Zm2-5L13.5 2m-2.6 2.6 2 2" />,
  shield: <path d="M8 1.8 13 3.7v4c0 3-2 5.3-5 6.5-3-1.2-5-3.5-5-6.5v-4z" />,
  up: <path d="M8 13V3m0 0L4 7m4-4 4 4" />,
  down: <path d="M8 3v10m0 0 4-4m-4 4L4 9" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  admin: (
    <path d="M2.5 4.5h6m3.5 0h1.5M2.5 11.5h1.5m3.5 0h6M10.2 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM5.8 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z" />
  ),
  turn: (
    <path d="M2.5 6.5v-4h11v4M2.5 2.5v11h4v-11M9 9.5l2.5-2 2 2.5M11.6 7.7c.4 3-1 5.3-3.6 5.8" />
  ),
  data: (
    <path d="M3 4c0-1 2.2-1.8 5-1.8S13 3 13 4s-2.2 1.8-5 1.8S3 5 3 4Zm0 0v8c0 1 2.2 1.8 5 1.8s5-.8 5-1.8V4M3 8c0 1 2.2 1.8 5 1.8S13 9 13 8" />
  ),
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof PATHS;

/** One icon; it says nothing to screen readers, so its button needs a label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {PATHS[name]}
    </svg>
  );
}
