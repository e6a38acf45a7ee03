/**
 * The part of an archive that has come so far, with what a later attempt needs to ask for the rest.
 * Invariant: while the state file exists, the bytes of the partial file belong to its validator.
 */

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the part of one URL's archive is kept. */
export interface PartialFile {
  readonly path: string;
  readonly statePath: string;
}

/** What identifies the version of the archive that a part belongs to. */
export interface PartialState {
  /** An entity tag or a date of last change, to send as `If-Range` (RFC 9110, 13.1.5). */
  readonly validator: string;
  /** Bytes of the whole archive, null where the server did not say. */
  readonly total: number | null;
}

/** A part that can be continued. */
export interface HeldPart extends PartialState {
  /** Bytes held: at least one. */
  readonly size: number;
}

/** Names the partial file of a URL in a folder. Each URL has its own. */
export function partialFileOf(folder: string, url: URL): PartialFile {
  const name = createHash('sha256').update(url.href).digest('hex').slice(0, 16);
  return { path: join(folder, `${name}.partial`), statePath: join(folder, `${name}.json`) };
}

/** Reads what is held; null where there is nothing or it cannot be continued. */
export async function readHeldPart({ path, statePath }: PartialFile): Promise<HeldPart | null> {
  const state = await readFile(statePath, 'utf8').then(parseState, () => null);
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (state === null || size === 0 || size > (state.total ?? size)) return null;
  return { ...state, size };
}

/** Empties the partial file; without a state (no validator) it cannot be continued later. */
export async function beginPartialFile(
  folder: string,
  partial: PartialFile,
  state: PartialState | null,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  // This order keeps the invariant wherever the process is killed.
  await rm(partial.statePath, { force: true });
  await writeFile(partial.path, '');
  if (state !== null) await writeFile(partial.statePath, JSON.stringify(state));
}

/** Deletes the partial file and its state. */
export async function removePartialFile({ path, statePath }: PartialFile): Promise<void> {
  await rm(statePath, { force: true });
  await rm(path, { force: true });
}

/** A state file cut short by a kill is no state. */
function parseState(text: string): PartialState | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { validator, total } = value as Partial<Record<string, unknown>>;
    if (typeof validator !== 'string' || validator === '') return null;
    if (total !== null && !(typeof total === 'number' && Number.isSafeInteger(total))) return null;
    return { validator, total };
  } catch {
    return null;
  }
}
