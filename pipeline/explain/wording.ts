/** Causes and differences in words. */

import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../contract/values.ts';
import { type Change, type FileChange, wordExecutable } from '../fingerprint/compare-trees.ts';
import { NOTHING_THERE } from '../fingerprint/found-states.ts';
import type { ContentId } from '../fingerprint/record.ts';
import { cleanLine } from '../progress/text.ts';
import { showName } from '../system/byte-names.ts';
import { groupCauses } from './causes.ts';
import type { Cause, Difference, Reason } from './difference.ts';

/** Values longer than this are cut in a line. */
const VALUE_LENGTH = 60;
const FACT_LENGTH = 160;
/** So many reasons, and files of a folder, are named in a line. */
const NAMED = 2;

/** All causes of a node in one line, the first of them named. */
export function wordCauses(causes: readonly Cause[]): string {
  const groups = groupCauses(causes);
  const named = groups.slice(0, NAMED).map((group) => {
    const [{ chain, reason }] = group;
    const others = group.length > 1 ? ` and ${group.length - 1} more nodes` : '';
    const way = chain.length > 1 || others !== '' ? ` (${chain.join(' → ')}${others})` : '';
    return wordReason(reason) + way;
  });
  const rest = groups.length - named.length;
  return named.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

/** A reason in one line. */
export function wordReason(reason: Reason): string {
  switch (reason.kind) {
    case 'never-run':
      return 'it has not run before';
    case 'damaged-record':
      return 'its record in the cache is damaged';
    case 'node':
      return wordNode(reason);
    case 'action':
      return reason.before.text.includes('\n') || reason.after.text.includes('\n')
        ? `its ${reason.after.kind} changed`
        : `${reason.after.kind} ${wordSides(reason.before.text, reason.after.text)}`;
    case 'parameter':
      return `parameter ${reason.name} ${wordSides(reason.before, reason.after)}`;
    case 'environment':
      return `environment variable ${reason.name} ${wordVariable(reason)}`;
    case 'machine':
      return wordMachine(reason);
    case 'input':
      return wordInput(reason);
    case 'path':
      return `path of input ${reason.name} ${wordSides(reason.before ?? undefined, reason.after ?? undefined)}`;
    case 'module': {
      const { patch } = reason;
      const lines = patch === null ? '' : ` (+${patch.added} −${patch.removed} lines)`;
      return `${reason.path} ${reason.change}${lines}`;
    }
    case 'package': {
      const list = (versions: readonly string[]) => versions.join(', ') || 'none';
      const what = reason.name === 'Python' ? '' : 'package ';
      return `${what}${reason.name} ${list(reason.before)} → ${list(reason.after)}`;
    }
    case 'code':
      return 'its code changed; what it was is not kept';
    case 'found':
      return wordFound(reason);
    case 'ingredient':
      return `${reason.name} ${wordSides(reason.before, reason.after)}`;
    case 'output':
      return `file name of output ${reason.name} ${wordSides(reason.before, reason.after)}`;
    default:
      reason satisfies never;
      return '';
  }
}

function wordNode({ before, after }: Reason & { readonly kind: 'node' }): string {
  return isDeepStrictEqual(before.cell, after.cell)
    ? `renamed from ${before.node}`
    : `it was ${before.node} ${wordValue(before.cell)} before`;
}

/** What became of a file of a folder, with its size; of a link, where it led and leads. */
export function wordFile(file: FileChange): string {
  if (file.detail !== undefined) return wordFileChange(file);
  const sizes = [file.before, file.after].filter((size) => size !== null);
  const bytes = sizes[0] === sizes[1] ? sizes.slice(0, 1) : sizes;
  return `${wordFileChange(file)} (${bytes.map((size) => size.toLocaleString('en')).join(' → ')} bytes)`;
}

function wordFileChange({ path, change, detail }: FileChange): string {
  return `${cleanLine(showName(path))} ${change}${detail === undefined ? '' : ` (${cleanLine(detail)})`}`;
}

function wordInput(difference: InputDifference): string {
  const { name, node, path, change, before, after, files, formerNode } = difference;
  const from = node === null ? '' : ` from ${node}`;
  const where = path === null ? '' : ` ${cleanLine(path)}`;
  if (change === 'remade') return `input ${name}${where}${from} made anew with the same bytes`;
  if (change !== 'changed') return `input ${name}${where}${from} ${change}`;
  if (files !== null && files.length > 0) {
    const named = files.slice(0, NAMED).map(wordFileChange);
    const rest = files.length - named.length;
    return `input ${name}${where}${from}: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  }
  if (formerNode !== undefined) return `input ${name}${where}${from}, renamed from ${formerNode}`;
  if (before === after) return `input ${name}${where} comes from another cell of ${node}`;
  return `input ${name}${where}${from} ${wordContents(before, after)}`;
}

type InputDifference = Difference & { readonly kind: 'input' };

/** What changed, other than bytes, where a file became a folder or only the right to execute it is another. */
function wordContents(before: ContentId | null, after: ContentId | null): string {
  const [oldKind, old] = before?.split(':') ?? [];
  const [nowKind, now] = after?.split(':') ?? [];
  if (old !== undefined && old === now && oldKind !== nowKind)
    return wordExecutable(nowKind === 'executable');
  const name = (kind: string | undefined) => (kind === 'tree' ? 'folder' : 'file');
  const isSame = name(oldKind) === name(nowKind);
  return isSame ? 'changed' : `changed from a ${name(oldKind)} to a ${name(nowKind)}`;
}

/** What became of what a stage was seen to read. */
function wordFound({ path, before, after }: Difference & { readonly kind: 'found' }): string {
  const name = cleanLine(showName(path));
  if (path.endsWith('/') && before?.startsWith('names:') && after?.startsWith('names:')) {
    return `${name}, which it lists, has other names in it`;
  }
  if (after === null || before === null) return `${name}, which it reads, is read no more or anew`;
  if (before === NOTHING_THERE) return `${name}, which it looked for in vain, is there now`;
  if (after === NOTHING_THERE) return `${name}, which it reads, is gone`;
  return `${name}, which it reads, changed`;
}

function wordSides(before: Json | undefined, after: Json | undefined): string {
  const change: Change =
    before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  switch (change) {
    case 'added':
      return `added: ${wordValue(after)}`;
    case 'removed':
      return `removed: ${wordValue(before)}`;
    case 'changed':
      return `${wordValue(before)} → ${wordValue(after)}`;
  }
}

/** Without the values, which may be secrets. */
function wordVariable({ before, after }: Reason & { readonly kind: 'environment' }): string {
  if (typeof before === 'string' && typeof after === 'string') return 'has another value';
  const word = (value: string | null | undefined) =>
    value === undefined ? 'not read' : value === null ? 'unset' : 'set';
  return `${word(before)} → ${word(after)}`;
}

/** In a line: what differs of two drivers stands at the end. */
function wordMachine({ name, ...sides }: Reason & { readonly kind: 'machine' }): string {
  const cut = (fact: string | undefined) =>
    fact !== undefined && fact.length > FACT_LENGTH ? `${fact.slice(0, FACT_LENGTH - 1)}…` : fact;
  const [before, after] = [cut(sides.before), cut(sides.after)];
  if (after === undefined)
    return `${name} of this machine counts no more: it was ${cleanLine(before ?? '')}`;
  if (before === undefined) return `${name} of this machine counts now: ${cleanLine(after)}`;
  return `another ${name}: ${cleanLine(before)} → ${cleanLine(after)}`;
}

function wordValue(value: Json | undefined): string {
  const isPlain = typeof value === 'string' && /^[\w./+-]+$/.test(value);
  const clean = cleanLine(isPlain ? value : JSON.stringify(value ?? null));
  return clean.length > VALUE_LENGTH ? `${clean.slice(0, VALUE_LENGTH - 1)}…` : clean;
}
