import { join } from 'node:path';
import { isInPlace } from '../cache/restore.ts';
import { contentId } from '../fingerprint/read-content.ts';
import type { InspectionTools } from '../plan/inspect.ts';
import type { Attempt } from './run-node.ts';

/** The path of an input whose content is no longer what the fingerprint says; null if none. */
export function findChangedInput(
  { inspection, known }: Pick<Attempt, 'inspection' | 'known'>,
  tools: Pick<InspectionTools, 'workspace' | 'files'>,
): string | null {
  for (const input of inspection.node.inputs) {
    for (const [i, source] of input.sources.entries()) {
      const path = join(tools.workspace, source.path);
      if (source.kind === 'output') {
        const output = known.get(source.node)?.outputs[source.output];
        // Another process may have put its own bytes of a volatile output there; they say nothing.
        if (output === undefined || output.volatile) continue;
        if (!isInPlace(path, output, tools.files)) return source.path;
        continue;
      }
      const content = tools.files.read(path);
      const recorded = inspection.record.inputs[input.name]?.[i]?.content;
      const id = content.kind === 'file' || content.kind === 'tree' ? contentId(content) : null;
      if (id !== recorded) return source.path;
    }
  }
  return null;
}
