/** Comparing two records: the code behind their digests, by module and by package. */

import type { KeptCode } from '../cache/kept-content.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import { compareValues, equal } from './compare-values.ts';
import type { Difference } from './difference.ts';

/**
 * The modules and packages in which two codes differ; nothing more exact than that they do, where what is
 * kept of one is gone.
 *
 * @param readCode what is kept of a code digest; null where it is gone
 */
export function compareCode(
  before: FingerprintRecord,
  after: FingerprintRecord,
  readCode: (digest: Digest) => KeptCode | null,
): Difference[] {
  if (before.code === after.code) return [];
  const nothing: KeptCode = { modules: {}, packages: {} };
  const old = before.code === null ? nothing : readCode(before.code);
  const now = after.code === null ? nothing : readCode(after.code);
  if (old === null || now === null) return [{ kind: 'code' }];
  const modules = compareValues(old.modules, now.modules).map(
    (sides): Difference => ({
      kind: 'module',
      path: sides.name,
      change:
        sides.before === undefined ? 'added' : sides.after === undefined ? 'removed' : 'changed',
      patch: null,
    }),
  );
  const found = [...modules, ...comparePackages(old.packages, now.packages)];
  // Equal modules under another entry: the action says so. Otherwise what is kept is not whole.
  return found.length === 0 && equal(before.run, after.run) ? [{ kind: 'code' }] : found;
}

function comparePackages(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Difference[] {
  const versions = new Map<string, { before: string[]; after: string[] }>();
  const sides = [
    ['before', before, after],
    ['after', after, before],
  ] as const;
  for (const [side, own, other] of sides) {
    for (const [id, integrity] of Object.entries(own)) {
      const at = id.lastIndexOf('@');
      const name = id.slice(0, at);
      const known = versions.get(name) ?? { before: [], after: [] };
      versions.set(name, known);
      const isRebuilt = Object.hasOwn(other, id) && other[id] !== integrity;
      known[side].push(id.slice(at + 1) + (isRebuilt ? ` (${shorten(integrity)})` : ''));
    }
  }
  return [...versions]
    .filter(([, both]) => !equal([...both.before].sort(), [...both.after].sort()))
    .map(([name, both]) => ({ kind: 'package', name, ...both }));
}

/** Digests are cut, as is the lockfile's integrity. */
function shorten(integrity: string): string {
  return integrity
    .replace(/\b(linked|content):([0-9a-f]{12})[0-9a-f]*/g, '$1 $2')
    .replace(/\b(sha\d+-[\w+/]{12})[\w+/=]*/g, '$1');
}
