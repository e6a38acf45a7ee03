import type { Digest } from '../fingerprint/canonical.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import type { VariableDigests } from '../fingerprint/variable-digests.ts';
import type { GraphNode } from '../graph/types.ts';
import { actionText, listInputPaths } from '../inspect/inspect.ts';

/**
 * The record of a node whose inputs are not known yet, as if they were those of an earlier run: it
 * differs from the earlier record in what is certain to differ.
 *
 * @param code digest of the node's code today
 */
export function guessRecord(
  earlier: FingerprintRecord,
  node: GraphNode,
  code: Digest | null,
  variables: VariableDigests,
): FingerprintRecord {
  const files = node.inputs.filter((input) => input.as === 'params').map(({ name }) => `${name}.`);
  const fromFiles = Object.entries(earlier.params).filter(([name]) =>
    files.some((prefix) => name.startsWith(prefix)),
  );
  return {
    ...earlier,
    node: node.id,
    cell: node.cell,
    run: { kind: node.action.kind, text: actionText(node) },
    code,
    params: { ...Object.fromEntries(fromFiles), ...node.params },
    paths: listInputPaths(node),
    env: variables.ofAll(node.stage.env),
  };
}
