import type { ActionRecord } from '../cache/actions.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import type { ContentId, FingerprintRecord } from '../fingerprint/record.ts';
import type { InputSource } from '../graph/types.ts';
import type { JsonObject } from '../job/contract.ts';
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
  candidates: readonly ActionRecord[],
  readParams: (content: ContentId) => JsonObject | null,
): ActionRecord | null {
  const contentOf = ({ outputs }: ActionRecord): ContentId | null => {
    const output = outputs[source.output];
    return output === undefined ? null : `${output.kind}:${output.digest}`;
  };
  if (difference.kind === 'input') {
    const recorded = earlier.inputs[difference.name]?.find(({ node }) => node === difference.node);
    if (recorded?.fingerprint !== undefined) {
      return candidates.find(({ fingerprint }) => fingerprint === recorded.fingerprint) ?? null;
    }
    return candidates.find((action) => contentOf(action) === difference.before) ?? null;
  }
  if (difference.kind !== 'parameter') return null;
  const prefix = difference.name.slice(0, difference.name.indexOf('.') + 1);
  const wanted = stringifyCanonical(
    Object.fromEntries(Object.entries(earlier.params).filter(([name]) => name.startsWith(prefix))),
  );
  const holdsWanted = (action: ActionRecord): boolean => {
    const content = contentOf(action);
    const values = content === null ? null : readParams(content);
    if (values === null) return false;
    const named = Object.entries(values).map(([key, value]) => [prefix + key, value]);
    return stringifyCanonical(Object.fromEntries(named)) === wanted;
  };
  return candidates.find(holdsWanted) ?? null;
}
