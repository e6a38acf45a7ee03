/** What a training records of its time, `timing.jsonl`: a JSON object a line, an epoch each. */

import { field, type RecordOf } from './fields.ts';

/** Cumulative training seconds at the end of an epoch. */
export const TIMING_FIELDS = {
  epoch: field<number>({ type: 'integer', minimum: 1 }),
  seconds: field<number>({ type: 'number', minimum: 0 }),
};

/** Cumulative training seconds at the end of an epoch. */
export type TimingLine = RecordOf<typeof TIMING_FIELDS>;

/** The text of a `timing.jsonl`. */
export function formatTiming(lines: readonly TimingLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The lines of a text that {@link formatTiming} wrote. Throws a SyntaxError where one is not JSON. */
export function parseTiming(text: string): TimingLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): TimingLine => JSON.parse(line));
}
