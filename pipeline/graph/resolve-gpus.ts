/** `gpus` of a stage that depends on parameters → a number. */

import type { JsonObject } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec, StageSpec } from '../pipeline-file/types.ts';
import type { LocatedParams } from './axis-values.ts';
import { checkCondition, meets } from './conditions.ts';
import { dottedNames, unknownParam } from './params.ts';

/** A stage whose GPUs depend on parameters, with the number that these give it, which may be none. */
export function resolveGpus(stage: StageSpec, params: JsonObject): StageSpec {
  if (stage.gpuCases.length === 0) return stage;
  const found = stage.gpuCases.find(({ when }) => meets(when, params));
  return { ...stage, resources: { ...stage.resources, gpus: found?.count ?? 0 } };
}

/** Checks the conditions under which a stage takes its GPUs. */
export function checkGpus(
  spec: PipelineSpec,
  stage: StageSpec,
  resolved: LocatedParams,
): readonly Diagnostic[] {
  const known = dottedNames(resolved.params);
  return stage.gpuCases.flatMap(({ when, place }) =>
    Object.entries(when).flatMap(([name, wanted]): readonly Diagnostic[] => {
      const inList = place === null ? [] : [place];
      const at = ['stages', stage.name, 'resources', 'gpus', ...inList, 'when', name];
      if (!known.has(name)) return [unknownParam(name, known, spec.source.locateKey(at))];
      const locate = (...path: string[]) => spec.source.locate([...at, ...path]);
      return checkCondition(spec, [name, wanted], resolved, locate);
    }),
  );
}
