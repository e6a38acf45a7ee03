/** Before an attempt: lists of input folders are kept, so that a change can be named later. */

import { isDigest } from '../fingerprint/canonical.ts';
import { readInput } from '../fingerprint/read-input.ts';
import { formatTree } from '../fingerprint/tree-manifest.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';

/**
 * Keeps the list of files of each folder of the workspace that a node reads, so that the
 * guard against changes during a run, and `why` later, can tell which of them changed. Those of upstream outputs are kept with the outputs.
 */
export function keepFolderLists({ node, record }: Inspection, tools: InspectionTools): void {
  for (const input of node.inputs) {
    for (const [i, source] of input.sources.entries()) {
      const [kind, digest] = record.inputs[input.name]?.[i]?.content.split(':') ?? [];
      if (source.kind !== 'file' || kind !== 'tree' || !isDigest(digest)) continue;
      if (tools.objects.touch(digest)) continue;
      const content = readInput(source.path, tools);
      if (content.kind !== 'tree' || content.digest !== digest) continue;
      tools.objects.put(formatTree(content.manifest), digest);
    }
  }
}
