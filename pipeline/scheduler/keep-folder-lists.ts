import { join } from 'node:path';
import { isDigest, stringifyCanonical } from '../fingerprint/canonical.ts';
import type { Inspection, InspectionTools } from '../plan/inspect.ts';

/**
 * Keeps the list of files of each folder of the workspace that a node reads, so that `why` can later
 * tell which of them changed. Those of upstream outputs are kept with the outputs.
 */
export function keepFolderLists({ node, record }: Inspection, tools: InspectionTools): void {
  for (const input of node.inputs) {
    for (const [i, source] of input.sources.entries()) {
      const [kind, digest] = record.inputs[input.name]?.[i]?.content.split(':') ?? [];
      if (source.kind !== 'file' || kind !== 'tree' || !isDigest(digest)) continue;
      if (tools.objects.has(digest)) continue;
      const content = tools.files.read(join(tools.workspace, source.path));
      if (content.kind !== 'tree' || content.digest !== digest) continue;
      tools.objects.put(stringifyCanonical(content.manifest), digest);
    }
  }
}
