/** Round times along an axis, and their labels. */

const SECONDS = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[3600, 7200, 10_800, 21_600, 43_200, 86_400],
];
const DAY = 86_400;

/** Times along an axis from 0, in seconds, so many at most besides 0. */
export function listTimeTicks(seconds: number, most: number): readonly number[] {
  const fits = (one: number) => seconds / one <= most;
  const step = SECONDS.find(fits) ?? DAY * Math.ceil(seconds / most / DAY);
  return Array.from({ length: Math.floor(seconds / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** `0`, `0.5 s`, `45 s`, `1:30`, `2:05:00`: a time since the start. */
export function labelTime(seconds: number): string {
  if (seconds === 0) return '0';
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [first = 0, ...rest] = whole < 3600 ? parts.slice(1) : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}
