/** Which earlier result had made what an earlier run read: one step upstream in the past. */

import type { ResultOutput, ResultRecord } from '../cache/results.ts';
import type { JsonObject } from '../contract/values.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import type { ContentId, FingerprintRecord } from '../fingerprint/record.ts';
import type { InputSource } from '../graph/types.ts';
import type { Difference } from './difference.ts';

/**
 * The result upstream that gave an earlier run what it read: that of the recorded fingerprint, else
 * that whose output has the recorded content or, where the input counts as parameters, holds the recorded values.
 *
 * @param candidates results of the node upstream, the newest first
 * @param readParams the parameters in a content; null where it is not kept
 */
export function findProducer(
  difference: Difference,
  earlier: FingerprintRecord,
  source: InputSource & { readonly kind: 'output' },
  candidates: readonly ResultRecord[],
  readParams: (content: ContentId) => JsonObject | null,
): ResultRecord | null {
  if (difference.kind === 'input') {
    const recorded = earlier.inputs[difference.name]?.find(({ node }) => node === difference.node);
    return recorded?.fingerprint === undefined
      ? findByContent(candidates, source.output, difference.before)
      : (candidates.find(({ fingerprint }) => fingerprint === recorded.fingerprint) ?? null);
  }
  if (difference.kind !== 'parameter') return null;
  const prefix = difference.name.slice(0, difference.name.indexOf('.') + 1);
  return findByParams(candidates, source.output, prefix, earlier.params, readParams);
}

/** The first result whose output has a content; any of its outputs where the output is not known. */
export function findByContent(
  candidates: readonly ResultRecord[],
  output: string | null,
  content: ContentId | null,
): ResultRecord | null {
  const holds = ({ outputs }: ResultRecord) =>
    Object.entries(outputs).some(
      ([name, one]) => (output === null || name === output) && contentOf(one) === content,
    );
  return candidates.find(holds) ?? null;
}

/**
 * The first result whose output holds the values that a record has of it.
 *
 * @param prefix what the names of the output's values begin with in the record
 * @param recorded all parameters of the record
 */
export function findByParams(
  candidates: readonly ResultRecord[],
  output: string,
  prefix: string,
  recorded: JsonObject,
  readParams: (content: ContentId) => JsonObject | null,
): ResultRecord | null {
  const wanted = stringifyCanonical(
    Object.fromEntries(Object.entries(recorded).filter(([name]) => name.startsWith(prefix))),
  );
  const holdsWanted = ({ outputs }: ResultRecord): boolean => {
    const made = outputs[output];
    const values = made === undefined ? null : readParams(contentOf(made));
    if (values === null) return false;
    const named = Object.entries(values).map(([key, value]) => [prefix + key, value]);
    return stringifyCanonical(Object.fromEntries(named)) === wanted;
  };
  return candidates.find(holdsWanted) ?? null;
}

function contentOf({ kind, digest }: ResultOutput): ContentId {
  return `${kind}:${digest}`;
}
