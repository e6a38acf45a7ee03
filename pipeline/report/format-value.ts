/** Values, times and places as a report shows them. */

import { relative, sep } from 'node:path';
import type { Json } from '../contract/values.ts';

/** A value for people: numbers with six significant digits, whole ones with their thousands apart. */
export function tellValue(value: Json): string {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString('en-US');
    return String(Number(value.toPrecision(6)));
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatTime(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `310 MB`, `1.2 GB`: bytes, a thousand to each prefix. */
export function formatMemory(bytes: number): string {
  if (bytes < 0.9995e9) return `${Math.round(bytes / 1e6)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `2026-11-24 23:47 UTC`, from a time of ISO 8601. */
export function wordMoment(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

/** The address of a file from a folder, as a page in that folder links to it. */
export function linkFrom(folder: string, file: string): string {
  return relative(folder, file).split(sep).map(encodeURIComponent).join('/');
}
