import { basename, join } from 'node:path';
import type { LineageIndex } from '../cache/lineages.ts';
import { restoreOutput } from '../cache/restore.ts';
import { hashLineage } from '../fingerprint/record.ts';
import type { JobFile } from '../job/contract.ts';
import type { Inspection, InspectionTools } from '../plan/inspect.ts';

/**
 * Finds the farthest shorter result of a node whose stage `extends` a parameter, and puts its
 * outputs into a private folder. One whose objects are damaged or missing is passed over.
 */
export function findPrevious(
  { node, record }: Inspection,
  folder: string,
  lineages: LineageIndex,
  tools: InspectionTools,
): JobFile['previous'] {
  const parameter = node.stage.extends;
  const value = parameter === null ? undefined : record.params[parameter];
  if (parameter === null || typeof value !== 'number') return null;
  const lineage = hashLineage(record, parameter);
  for (const shorter of lineages.findShorter(lineage, parameter, value)) {
    const outputs: Record<string, string> = {};
    const placed = node.outputs.every(({ name, path }) => {
      const output = shorter.action.outputs[name];
      if (output === undefined) return false;
      outputs[name] = join(folder, name, basename(path));
      return restoreOutput(outputs[name], output, tools.objects, tools.files).ok;
    });
    if (placed) return { value: shorter.value, outputs };
  }
  return null;
}
