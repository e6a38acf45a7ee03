/** A node that has its result, but not in its place: which output is not what it should be. */

import { join } from 'node:path';
import { KeptContent } from '../cache/kept-content.ts';
import type { ObjectState } from '../cache/objects.ts';
import type { ResultOutput } from '../cache/results.ts';
import type { FileChange } from '../fingerprint/compare-trees.ts';
import { compareTrees } from '../fingerprint/compare-trees.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';

/** An output whose place in the workspace does not hold the result's content. */
export interface MisplacedOutput {
  readonly output: string;
  readonly path: string;
  readonly found: 'missing' | 'changed';
  /** Of a folder, what is not as the result left it; null where that cannot be said. */
  readonly files: readonly FileChange[] | null;
  /** Whether it can be put back: whether the store still has its bytes. */
  readonly stored: ObjectState;
}

/** What is wrong with the outputs of a node that has a result. Changes nothing. */
export function describeMisplaced(
  { node, result, misplaced }: Inspection,
  tools: InspectionTools,
): MisplacedOutput[] {
  return node.outputs.flatMap(({ name, path }): MisplacedOutput[] => {
    const output = result?.outputs[name];
    if (output === undefined || !misplaced.includes(name)) return [];
    const kept = new KeptContent(tools.objects);
    const standing = tools.files.read(join(tools.workspace, path));
    const manifest = output.kind === 'tree' ? kept.tree(output.digest) : null;
    return [
      {
        output: name,
        path,
        found: standing.kind === 'none' ? 'missing' : 'changed',
        files:
          manifest !== null && standing.kind === 'tree'
            ? compareTrees(manifest, standing.manifest)
            : null,
        stored: checkStored(output, kept, tools),
      },
    ];
  });
}

function checkStored(
  output: ResultOutput,
  kept: KeptContent,
  tools: InspectionTools,
): MisplacedOutput['stored'] {
  const { objects } = tools;
  const own = objects.check(output.digest);
  if (output.kind !== 'tree' || own !== 'sound') return own;
  const files = kept.tree(output.digest)?.files.values() ?? [];
  return (
    Array.from(files)
      .map(({ digest }) => objects.check(digest))
      .find((state) => state !== 'sound') ?? 'sound'
  );
}
