/** Comparing two records: all in which they differ. */

import type { KeptCode } from '../cache/kept-content.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { compareCode } from './compare-code.ts';
import { compareInputs, comparePaths } from './compare-inputs.ts';
import { compareValues, equal } from './compare-values.ts';
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
    ...compareValues(before.machine ?? {}, after.machine ?? {}).map((change) => ({
      kind: 'machine' as const,
      ...change,
    })),
    ...inputs,
    ...comparePaths(before.paths, after.paths, inputs),
    ...compareValues(before.found ?? {}, after.found ?? {}).map((sides) => ({
      kind: 'found' as const,
      path: sides.name,
      before: sides.before ?? null,
      after: sides.after ?? null,
    })),
    ...compareAuto(before, after),
    ...compareCode(before, after, readCode),
    ...compareValues(before.outputs, after.outputs).map(({ name, ...sides }) => ({
      kind: 'output' as const,
      name,
      before: sides.before ?? null,
      after: sides.after ?? null,
    })),
    ...compareOthers(before, after),
  ];
}

/** What is compared in a way of its own. */
const OWN_WAY: ReadonlySet<string> = new Set([
  'schema',
  'node',
  'cell',
  'run',
  'params',
  'env',
  'machine',
  'inputs',
  'paths',
  'code',
  'outputs',
  'found',
]);

/** Compares whatever else stands in one of the records. */
function compareOthers(before: FingerprintRecord, after: FingerprintRecord): Difference[] {
  const others = (record: FingerprintRecord) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !OWN_WAY.has(name)));
  return compareValues<Json>(others(before), others(after)).map((sides) => ({
    kind: 'ingredient',
    ...sides,
  }));
}

/** Whether what it is seen to read counts. */
function compareAuto(before: FingerprintRecord, after: FingerprintRecord): Difference[] {
  const sides = { before: before.found !== undefined, after: after.found !== undefined };
  return sides.before === sides.after
    ? []
    : [{ kind: 'ingredient', name: 'inputs: auto', ...sides }];
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
