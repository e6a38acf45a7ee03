/**
 * `cache gc`, acting: removes what was chosen, in an order that leaves no record without its
 * objects.
 */

import { renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDigest } from '../fingerprint/canonical.ts';
import type { Leases } from '../lease/leases.ts';
import { PulseReader } from '../lease/pulse-reader.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { nameUnfinished } from '../system/move-path.ts';
import { Pauses } from '../system/pauses.ts';
import { removePath, removeTemporary } from '../system/remove-path.ts';
import type { Garbage } from './choose-garbage.ts';
import type { Leftover } from './collect.ts';
import { listFolder, statIfThere } from './inventory.ts';

/** What could not be removed, and why, in words. */
export type Failures = string[];

/**
 * Removes what was chosen: records first, so that at no moment one refers to an object that is
 * gone. An object is moved away before it goes, and back if a running process touched it meanwhile.
 *
 * @param failures gets what another user's rights, or the disk, kept from going
 */
export async function removeGarbage(
  { results, objects }: Garbage,
  layout: StateLayout,
  failures: Failures,
): Promise<void> {
  const pauses = new Pauses();
  const needed = new Set<string>();
  for (const result of results) {
    await pauses.take();
    const isGone = tryTo(layout.result(result.name), failures, (path) =>
      rmSync(path, { force: true }),
    );
    if (!isGone) for (const digest of result.objects) needed.add(digest);
  }
  for (const { name, touchedAt } of objects) {
    if (needed.has(name)) continue;
    await pauses.take();
    tryTo(layout.object(name), failures, (path) => {
      const away = nameUnfinished(path);
      if (!moveIfThere(path, away)) return;
      const isTouched = (statIfThere(away)?.mtimeMs ?? 0) > touchedAt;
      if (isTouched) renameSync(away, path);
      else removePath(away);
    });
  }
}

/**
 * Removes leftovers, and entries of lineages whose results are gone.
 *
 * @param leases a scratch folder goes under the lease of its work, which may just have begun
 * @param failures see {@link removeGarbage}
 */
export async function removeLeftovers(
  leftovers: readonly Leftover[],
  layout: StateLayout,
  leases: Leases,
  failures: Failures,
): Promise<void> {
  const pauses = new Pauses();
  for (const { what, path } of leftovers) {
    await pauses.take();
    const work = basename(path);
    if (what !== 'scratch' || !isDigest(work)) {
      removeWhole(path, failures);
      continue;
    }
    tryTo(path, failures, () => {
      const taken = leases.tryAcquire(work, new PulseReader());
      if ('heldBy' in taken) return;
      removeWhole(path, failures);
      taken.release();
    });
  }
  for (const prefix of listFolder(layout.lineageRoot)) {
    for (const lineage of listFolder(join(layout.lineageRoot, prefix))) {
      await pauses.take();
      const folder = layout.lineage(lineage);
      for (const name of listFolder(folder)) {
        if (statIfThere(layout.result(name)) === null) removeWhole(join(folder, name), failures);
      }
    }
  }
}

/** Removes what a stage may have left folders in that may not be written. */
function removeWhole(path: string, failures: Failures): void {
  removeTemporary(path);
  if (statIfThere(path) !== null) tryTo(path, failures, removePath);
}

/** @returns whether it was done */
function tryTo(path: string, failures: Failures, act: (path: string) => void): boolean {
  try {
    act(path);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    failures.push(`${path}: ${error.message}`);
    return false;
  }
}

function moveIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
}
