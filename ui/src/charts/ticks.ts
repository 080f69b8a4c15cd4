/** Round numbers along an axis. */

const ROUND = [1, 2, 5, 10];

/** Round places within a range, about `wanted` of them, ascending. */
export function linearTicks(min: number, max: number, wanted: number): number[] {
  if (!(max > min)) return [min];
  const rough = (max - min) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = (ROUND.find((each) => each * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const first = Math.ceil(min / width - 1e-9);
  const last = Math.floor(max / width + 1e-9);
  // Multiples of a whole number, since sums of a fraction would drift.
  return Array.from({ length: last - first + 1 }, (_, at) =>
    Number(((first + at) * width).toPrecision(12)),
  );
}

/** Powers of ten within a range of positive numbers; round numbers where there are too few. */
export function logTicks(min: number, max: number, wanted: number): number[] {
  const first = Math.ceil(Math.log10(min) - 1e-9);
  const last = Math.floor(Math.log10(max) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / wanted));
  const powers: number[] = [];
  for (let power = first; power <= last; power += stride) powers.push(10 ** power);
  return powers.length >= 2 ? powers : linearTicks(min, max, wanted);
}
