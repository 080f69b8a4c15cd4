/** Smoothing of a line by an exponential moving average without the bias of its start. */

/**
 * Smooths; `weight` 0 changes nothing, 0.99 is very smooth. What is no finite number stays as it is
 * and does not touch its neighbours.
 */
export function smooth(values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  let average = 0;
  let mass = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    average = average * weight + value * (1 - weight);
    mass = mass * weight + (1 - weight);
    return average / mass;
  });
}
