/** `extends`: the shorter result that an attempt goes on from. */

import { basename, join } from 'node:path';
import type { LineageIndex } from '../cache/lineages.ts';
import { restoreOutput } from '../cache/restore.ts';
import type { JobFile } from '../contract/stage.ts';
import { hashLineage } from '../fingerprint/record.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';

/**
 * Finds the farthest shorter result of a node whose stage `extends` a parameter, and puts its
 * outputs into a private folder. One whose objects are damaged or missing is passed over.
 */
export async function findPrevious(
  { node, record }: Inspection,
  folder: string,
  lineages: LineageIndex,
  tools: InspectionTools,
): Promise<JobFile['previous']> {
  const parameter = node.stage.extends;
  const value = parameter === null ? undefined : record.params[parameter];
  if (parameter === null || typeof value !== 'number') return null;
  const lineage = hashLineage(record, parameter);
  for (const shorter of lineages.findShorter(lineage, parameter, value)) {
    const outputs: Record<string, string> = {};
    let isWhole = true;
    for (const { name, path } of node.outputs) {
      const output = shorter.result.outputs[name];
      const at = join(folder, name, basename(path));
      outputs[name] = at;
      isWhole &&=
        output !== undefined && (await restoreOutput(at, output, tools.objects, tools.files)).ok;
    }
    if (isWhole) return { value: shorter.value, outputs };
  }
  return null;
}
