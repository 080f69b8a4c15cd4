/** How large an image is drawn, in screen pixels per pixel of the image. */

interface Size {
  width: number;
  height: number;
}

const LEAST = 1 / 32;
const MOST = 64;
const PER_STEP = 1.25;
/** Tiny images are made larger to fit, but not so much that one pixel fills the pane. */
const MOST_FITTED = 16;

/** The next size up or down; each passes through 1. */
export function zoomed(scale: number, direction: 1 | -1): number {
  const next = direction > 0 ? scale * PER_STEP : scale / PER_STEP;
  const passesOne = (scale - 1) * (next - 1) < 0;
  return Math.min(MOST, Math.max(LEAST, passesOne ? 1 : next));
}

/** The size that was asked for, or the largest at which the whole image is seen. */
export function shownScale(
  natural: Size | undefined,
  room: Size | undefined,
  asked: number | undefined,
): number {
  if (asked !== undefined) return asked;
  if (!natural || !room || room.width <= 0 || room.height <= 0) return 1;
  const fitted = Math.min(room.width / natural.width, room.height / natural.height);
  if (fitted < 1) return Math.max(LEAST, fitted);
  // Photographs and plots are not blown up; thumbnails of a few pixels are, by whole numbers.
  const isTiny = Math.max(natural.width, natural.height) <= 64;
  return isTiny ? Math.max(1, Math.min(MOST_FITTED, Math.floor(fitted))) : 1;
}
