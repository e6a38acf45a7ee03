/** Secrets in a finished log and in events: replaced, also as other notations write them. */

import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { StageEvent } from '../contract/stage.ts';

/** Shorter values stand in too much that is no secret: `1`, `fast`, `/tmp`. */
const SHORTEST = 8;
const HIDDEN = '***';
const CHUNK = 1 << 20;

/**
 * What a stage must not be shown to have printed: the values of the environment variables that it
 * declares, and each line of those that have several, also in other ways of writing them.
 */
export function listHiddenValues(
  environment: Readonly<Record<string, string | undefined>>,
  declared: readonly string[],
): string[] {
  const values = declared.flatMap((name) => {
    const value = environment[name] ?? '';
    return [value, ...value.split('\n')];
  });
  // The longest first: one may be a part of another.
  return [...new Set(values.map((value) => value.trim()))]
    .filter((value) => value.length >= SHORTEST)
    .flatMap(listForms)
    .filter((form, at, all) => all.indexOf(form) === at)
    .sort((a, b) => b.length - a.length);
}

/** A value as it is, and as JSON, Node, zx, an address, a shell (`set -x`) and an `Authorization` header have it. */
function listForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const escaped = json.replaceAll('\\"', '"');
  return [
    value,
    json,
    escaped,
    escaped.replaceAll("'", "\\'"),
    encodeURIComponent(value),
    value.replaceAll("'", "'\\''"),
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
  ];
}

/** An event with values hidden in all of its texts. */
export function hideInEvent(event: StageEvent, values: readonly string[]): StageEvent {
  return hideIn(event, values) as StageEvent;
}

function hideIn(value: unknown, values: readonly string[]): unknown {
  if (typeof value === 'string') return hideInText(value, values);
  if (Array.isArray(value)) return value.map((item) => hideIn(item, values));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, hideIn(item, values)]);
  return Object.fromEntries(entries);
}

function hideInText(text: string, values: readonly string[]): string {
  return values.reduce((hidden, value) => hidden.replaceAll(value, () => HIDDEN), text);
}

/**
 * Hides values in a file, whatever its size. One that holds none is not touched.
 *
 * @param aside where the new text is put together
 */
export function hideInFile(path: string, aside: string, values: readonly string[]): void {
  if (values.length === 0 || !existsSync(path)) return;
  // Byte by byte, whatever the encoding of the rest.
  const bytes = values.map((value) => Buffer.from(value).toString('latin1'));
  if (!rewrite(path, null, bytes)) return;
  const fd = openSync(aside, 'w', 0o600);
  try {
    rewrite(path, fd, bytes);
  } finally {
    closeSync(fd);
  }
  // A process that still writes to the log goes on writing to it.
  copyFileSync(aside, path);
  rmSync(aside);
}

/** Copies a file, if to anywhere, with values hidden. @returns whether there were any */
function rewrite(path: string, to: number | null, values: readonly string[]): boolean {
  const keep = Math.max(...values.map(({ length }) => length)) - 1;
  const buffer = Buffer.alloc(CHUNK);
  const fd = openSync(path, 'r');
  const write = (text: string) => {
    if (to !== null) writeAll(to, Buffer.from(text, 'latin1'));
  };
  let found = false;
  let rest = '';
  try {
    for (;;) {
      const count = readSync(fd, buffer, 0, CHUNK, null);
      const text = rest + buffer.toString('latin1', 0, count);
      const hidden = hideInText(text, values);
      found ||= hidden !== text;
      if (count === 0 || (found && to === null)) {
        write(hidden);
        return found;
      }
      // The beginning of a value may stand at the end.
      const end = Math.max(0, hidden.length - keep);
      write(hidden.slice(0, end));
      rest = hidden.slice(end);
    }
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
