import type { KeptCode } from '../cache/kept-content.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import { type Digest, stringifyCanonical } from '../fingerprint/canonical.ts';
import type { Change } from '../fingerprint/compare-trees.ts';
import type { FingerprintRecord, InputRecord } from '../fingerprint/record.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import type { Difference } from './difference.ts';

/**
 * All in which two records differ; empty exactly for equal ones. Texts and lists of files are left
 * out, so that many records can be compared.
 *
 * @param readCode what is kept of a code digest; null where it is gone
 */
export function compareRecords(
  before: FingerprintRecord,
  after: FingerprintRecord,
  readCode: (digest: Digest) => KeptCode | null,
): Difference[] {
  const inputs = compareInputs(before.inputs, after.inputs);
  return [
    ...compareNodes(before, after),
    ...(equal(before.run, after.run)
      ? []
      : [{ kind: 'action' as const, before: before.run, after: after.run }]),
    ...compareParams(before.params, after.params),
    ...compareValues(before.env, after.env).map((change) => ({
      kind: 'environment' as const,
      ...change,
    })),
    ...inputs,
    ...comparePaths(before.paths, after.paths, inputs),
    ...compareCode(before, after, readCode),
    ...compareValues(before.outputs, after.outputs).map(({ name, ...sides }) => ({
      kind: 'output' as const,
      name,
      before: sides.before ?? null,
      after: sides.after ?? null,
    })),
  ];
}

function compareNodes(before: FingerprintRecord, after: FingerprintRecord): Difference[] {
  const nameOf = ({ node, cell }: FingerprintRecord) => ({ node, cell });
  if (equal(nameOf(before), nameOf(after))) return [];
  return [{ kind: 'node', before: nameOf(before), after: nameOf(after) }];
}

/** Compares parameters leaf by leaf: of an object that changed, the members that did. */
function compareParams(before: JsonObject, after: JsonObject): Difference[] {
  return compareValues(before, after).flatMap(({ name, ...sides }): Difference[] => {
    if (!isJsonObject(sides.before) || !isJsonObject(sides.after)) {
      return [{ kind: 'parameter', name, ...sides }];
    }
    return compareParams(sides.before, sides.after).map((inner) =>
      inner.kind === 'parameter' ? { ...inner, name: `${name}.${inner.name}` } : inner,
    );
  });
}

/** The members in which two objects differ; a side that lacks one is absent. */
function compareValues<T extends Json>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): { readonly name: string; readonly before?: T; readonly after?: T }[] {
  return unionKeys(before, after).flatMap((name) => {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    const now = Object.hasOwn(after, name) ? after[name] : undefined;
    if (equal(old, now)) return [];
    return [
      {
        name,
        ...(old === undefined ? {} : { before: old }),
        ...(now === undefined ? {} : { after: now }),
      },
    ];
  });
}

function compareInputs(
  before: FingerprintRecord['inputs'],
  after: FingerprintRecord['inputs'],
): Difference[] {
  return unionKeys(before, after).flatMap((name): Difference[] => {
    const old = before[name];
    const now = after[name];
    if (equal(old, now)) return [];
    const found = compareSources(name, old ?? [], now ?? []);
    if (found.length > 0) return found;
    // The same sources in another order, or an input without sources that came or went.
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'reordered';
    return [
      {
        kind: 'input',
        name,
        node: null,
        index: 0,
        path: null,
        change,
        before: null,
        after: null,
        files: null,
      },
    ];
  });
}

/** Compares the paths of sources place by place, unless sources came, went or moved. */
function comparePaths(
  before: FingerprintRecord['paths'],
  after: FingerprintRecord['paths'],
  inputs: readonly Difference[],
): Difference[] {
  const moved = new Set(
    inputs.flatMap((one) =>
      one.kind === 'input' && !['changed', 'remade'].includes(one.change) ? [one.name] : [],
    ),
  );
  return unionKeys(before, after).flatMap((name): Difference[] => {
    const old = before[name] ?? [];
    const now = after[name] ?? [];
    if (moved.has(name)) return [];
    const places = Array.from({ length: Math.max(old.length, now.length) }, (_, index) => index);
    return places
      .filter((index) => old[index] !== now[index])
      .map((index) => ({
        kind: 'path',
        name,
        index,
        before: old[index] ?? null,
        after: now[index] ?? null,
      }));
  });
}

/** Matches the sources of an input by their node; files of the workspace by their place. */
function compareSources(
  name: string,
  before: readonly InputRecord[],
  after: readonly InputRecord[],
): Difference[] {
  const keyed = (sources: readonly InputRecord[]) => {
    const seen = new Map<string, number>();
    return new Map(
      sources.map((source, index) => {
        const key = source.node ?? '';
        const nth = seen.get(key) ?? 0;
        seen.set(key, nth + 1);
        return [`${nth}/${key}`, { source, index }] as const;
      }),
    );
  };
  const olds: KeyedSources = keyed(before);
  const nows: KeyedSources = keyed(after);
  const formerNames = pairRenamed(olds, nows);
  const paired = new Set<string>(formerNames.values());
  return [...new Set([...nows.keys(), ...olds.keys()])].flatMap((key): Difference[] => {
    const former = formerNames.get(key);
    if (paired.has(key)) return [];
    const old = olds.get(former ?? key);
    const now = nows.get(key);
    if (equal(old?.source, now?.source)) return [];
    const formerNode = former === undefined ? undefined : old?.source.node;
    return [
      {
        kind: 'input',
        name,
        node: (now ?? old)?.source.node ?? null,
        ...(formerNode ? { formerNode } : {}),
        index: (now ?? old)?.index ?? 0,
        path: null,
        change: nameChange(old?.source, now?.source),
        before: old?.source.content ?? null,
        after: now?.source.content ?? null,
        files: null,
      },
    ];
  });
}

type KeyedSources = ReadonlyMap<string, { readonly source: InputRecord; readonly index: number }>;

/**
 * Pairs sources whose node came with ones whose node went, where all but the name is the same.
 *
 * @returns today's key → the earlier one
 */
function pairRenamed(olds: KeyedSources, nows: KeyedSources): ReadonlyMap<string, string> {
  const gone = [...olds].filter(([key, { source }]) => !nows.has(key) && source.node !== null);
  const pairs = new Map<string, string>();
  if (gone.length === 0) return pairs;
  for (const [key, { source, index }] of nows) {
    if (olds.has(key) || source.node === null) continue;
    const at = gone.findIndex(
      ([, old]) => old.index === index && equal({ ...old.source, node: source.node }, source),
    );
    const [found] = at === -1 ? [] : gone.splice(at, 1);
    if (found !== undefined) pairs.set(key, found[0]);
  }
  return pairs;
}

function nameChange(old: InputRecord | undefined, now: InputRecord | undefined): Change | 'remade' {
  if (old === undefined) return 'added';
  if (now === undefined) return 'removed';
  const isRemade =
    old.fingerprint !== undefined && equal({ ...old, fingerprint: now.fingerprint }, now);
  return isRemade ? 'remade' : 'changed';
}

function compareCode(
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

function unionKeys(a: object, b: object): string[] {
  return [...new Set([...Object.keys(b), ...Object.keys(a)])].sort();
}

function equal(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return stringifyCanonical(a) === stringifyCanonical(b);
}
