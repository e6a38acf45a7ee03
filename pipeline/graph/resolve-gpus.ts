/** `gpus` of a stage that depends on parameters → a number. */

import type { JsonObject } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec, StageSpec } from '../pipeline-file/types.ts';
import type { LocatedParams } from './axis-values.ts';
import { checkCondition, meets } from './conditions.ts';
import { dottedNames, unknownParam } from './params.ts';

/** A stage whose GPUs depend on parameters, with the number that these give it: all or none. */
export function resolveGpus(stage: StageSpec, params: JsonObject): StageSpec {
  if (meets(stage.gpusWhen, params)) return stage;
  return { ...stage, resources: { ...stage.resources, gpus: 0 } };
}

/** Checks the conditions under which a stage takes its GPUs. */
export function checkGpus(
  spec: PipelineSpec,
  stage: StageSpec,
  resolved: LocatedParams,
): readonly Diagnostic[] {
  const known = dottedNames(resolved.params);
  return Object.entries(stage.gpusWhen).flatMap(([name, wanted]): readonly Diagnostic[] => {
    const at = ['stages', stage.name, 'resources', 'gpus', 'when', name];
    if (!known.has(name)) return [unknownParam(name, known, spec.source.locateKey(at))];
    const locate = (...path: string[]) => spec.source.locate([...at, ...path]);
    return checkCondition(spec, [name, wanted], resolved, locate);
  });
}
