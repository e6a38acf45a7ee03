/** Numbers, sizes and times as `sbatch` reads them. */

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A whole number; null for anything else. */
export function readNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** `4G` → bytes; without a unit megabytes. Null for what is no size. */
export function readSlurmBytes(text: string): number | null {
  const [, number, unit = 'M'] = /^(\d+(?:\.\d+)?)([KMGT]?)B?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase() || 'M'];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}

/**
 * `90`, `90:30`, `1:30:00`, `2-0`, `2-12:30`, `2-12:30:00` → seconds, where a lone number is minutes;
 * infinite for no limit, null for what is no time.
 */
export function readSlurmSeconds(text: string): number | null {
  if (/^(0|-1|infinite|unlimited)$/i.test(text)) return Number.POSITIVE_INFINITY;
  const [, days, clock = ''] = /^(?:(\d+)-)?(\d+(?::\d+){0,2})$/.exec(text) ?? [];
  if (clock === '') return null;
  const parts = clock.split(':').map(Number);
  // With days the first is hours; else one is minutes, two are minutes and seconds.
  const [hours = 0, minutes = 0, seconds = 0] =
    days !== undefined || parts.length === 3 ? parts : [0, ...parts];
  return ((Number(days ?? 0) * 24 + hours) * 60 + minutes) * 60 + seconds;
}
