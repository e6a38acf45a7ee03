/** Numbers, durations and counts as they are shown. */

/** A duration as tqdm writes it: `MM:SS`, from one hour on `H:MM:SS`; fractions are dropped. */
export function formatInterval(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.trunc(Math.abs(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = twoDigits(Math.floor(whole / 60) % 60);
  const clock = `${minutes}:${twoDigits(whole % 60)}`;
  return `${seconds < 0 ? '-' : ''}${hours > 0 ? `${hours}:` : ''}${clock}`;
}

/** A number with three significant digits and an SI prefix, as tqdm's `unit_scale` writes it. */
export function formatScaled(value: number): string {
  let scaled = value;
  for (const prefix of ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z']) {
    const size = Math.abs(scaled);
    if (size < 999.5) {
      const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
      return scaled.toFixed(digits) + prefix;
    }
    scaled /= 1000;
  }
  return `${scaled.toFixed(1)}Y`;
}

/** Seconds with one decimal, as in `12.3`. */
export function formatDuration(seconds: number): string {
  return seconds.toFixed(1);
}

/** `1 node`, `2 nodes`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
