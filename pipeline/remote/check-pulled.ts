/**
 * What comes from a remote cache is another's word: checked before anything is made of it. Bytes have their
 * digest; what they say about paths and sizes has not.
 */

import { posix } from 'node:path';
import { isAccess } from '../audit/access.ts';
import { parseRecord, type ResultOutput, type ResultRecord } from '../cache/results.ts';
import { isDigest } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { parseTree, type TreeManifest } from '../fingerprint/tree-manifest.ts';

/** The record of a fingerprint in the text of an entry; null where it is none that could be used. */
export function readPulledRecord(text: string, fingerprint: Fingerprint): ResultRecord | null {
  const { result } = parseRecord(text, fingerprint);
  if (result === null) return null;
  const { summary, log, sources, outputs } = result as Partial<ResultRecord>;
  const isWhole =
    isMapping(summary) &&
    isOrigin(result) &&
    [log, sources].every((digest) => digest === null || isDigest(digest)) &&
    Object.values(outputs ?? {}).every(isSound) &&
    (result.undeclared ?? []).every((access) => isAccess(access)) &&
    areNamesOfRecord(result);
  return isWhole ? result : null;
}

/** Whether what is said of where a result comes from can be shown and added up. */
function isOrigin({ provenance, accepted }: Partial<ResultRecord>): boolean {
  if (!isMapping(provenance) || (accepted !== undefined && !isMapping(accepted))) return false;
  const {
    startedAt,
    seconds,
    isWhole,
    cpus,
    usage,
    ...names
  }: Partial<ResultRecord['provenance']> = provenance ?? {};
  const { host, engine, node, run, user = '', platform = '' } = names;
  const { from, reason, at } = accepted ?? { from: '', reason: '', at: '' };
  const numbers = [seconds, cpus ?? 0, usage?.cpuSeconds ?? 0, usage?.memory ?? 0];
  return (
    [host, engine, node, run, user, platform, from, reason, at].every(isText) &&
    numbers.every((value) => typeof value === 'number' && value >= 0) &&
    ['boolean', 'undefined'].includes(typeof isWhole) &&
    Number.isFinite(Date.parse(startedAt ?? ''))
  );
}

/** A manifest of a folder in the bytes of an object; null where a path of it would lead out of the folder. */
export function readPulledTree(text: string): TreeManifest | null {
  try {
    const tree = parseTree(text);
    return isConfined(tree) ? tree : null;
  } catch {
    return null;
  }
}

/** Whether all that a manifest names is in its folder, and no name leads by a link of it. */
function isConfined({ files, links, folders }: TreeManifest): boolean {
  const others = [...files.keys(), ...folders];
  const leads = (name: string) => {
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
      const above = name.slice(0, at);
      if (links.has(above) || files.has(above)) return true;
    }
    return false;
  };
  return (
    [...others, ...links.keys()].every((name) => isPathInside(name) && !leads(name)) &&
    others.every((name) => !links.has(name)) &&
    [...files.values()].every(({ digest, size }) => isDigest(digest) && isSize(size)) &&
    [...links].every(([name, target]) => staysInside(name, target))
  );
}

function isPathInside(name: string): boolean {
  if (name === '' || name.includes('\0')) return false;
  return name.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
}

function staysInside(name: string, target: unknown): boolean {
  if (typeof target !== 'string' || target === '' || target.includes('\0')) return false;
  if (posix.isAbsolute(target)) return false;
  const end = posix.join(posix.dirname(name), target);
  return end !== '..' && !end.startsWith('../');
}

/** Inherited names, such as `toString`, are no outputs. */
function areNamesOfRecord({ outputs, record }: ResultRecord): boolean {
  return Object.keys(outputs).every((name) => Object.hasOwn(record.outputs, name));
}

function isSound({ size, volatile, mutable = [] }: ResultOutput): boolean {
  const areKeys = Array.isArray(mutable) && mutable.every((key) => typeof key === 'string');
  return isSize(size) && typeof volatile === 'boolean' && areKeys;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isSize(size: unknown): boolean {
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
}

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
