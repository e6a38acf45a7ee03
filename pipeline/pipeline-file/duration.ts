/** Durations as `pipeline.yaml` writes them (`90s`, `1.5h`) ↔ seconds. */

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Seconds of a duration as `pipeline.yaml` writes it, `90s`, `10m`, `1.5h`, `2d`; the schema checks
 * its form.
 *
 * @throws Error for a text that the schema would not let pass
 */
export function parseDuration(text: string): number {
  const unit = UNITS[text.slice(-1)];
  if (unit === undefined) throw new Error(`the schema let the duration ${text} pass`);
  return Number(text.slice(0, -1)) * unit;
}

/** The shortest exact form of whole seconds: 600 → `10m`, 90 → `90s`. */
export function writeDuration(seconds: number): string {
  const [unit, size] = Object.entries(UNITS)
    .reverse()
    .find(([, one]) => seconds >= one && seconds % one === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}
