/** What a node takes of the machine, where that depends on its axes and on parameters. */

import type { Json, JsonObject } from '../contract/values.ts';
import type { CellFilter, StageResources } from '../pipeline-file/types.ts';
import { lookUpVariable } from './interpolate.ts';
import type { GraphNode } from './types.ts';

/** What a node takes: what its stage says, with the memory of the first case that applies to it. */
export function resourcesOf({
  stage,
  variables,
}: Pick<GraphNode, 'stage' | 'variables'>): StageResources {
  if (stage.memoryCases.length === 0) return stage.resources;
  const found = stage.memoryCases.find(({ when }) =>
    Object.entries(when).every(([name, wanted]) => {
      const value = lookUpVariable(variables, name.split('.'));
      return listWanted(wanted, variables).some((one) => one === value);
    }),
  );
  return { ...stage.resources, memoryBytes: found?.bytes ?? 0 };
}

/** The values that a condition lets pass. */
function listWanted(wanted: CellFilter[string], variables: JsonObject): readonly Json[] {
  if (typeof wanted !== 'object' || !('param' in wanted)) return [wanted].flat();
  return [lookUpVariable(variables, wanted.param.split('.')) ?? null].flat();
}
