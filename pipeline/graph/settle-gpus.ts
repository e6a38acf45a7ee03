import type { Json, JsonObject } from '../job/contract.ts';
import type { Diagnostic } from '../spec/diagnostic.ts';
import type { PipelineSpec, StageSpec } from '../spec/types.ts';
import { lookUp } from './interpolate.ts';
import { dottedNames, unknownParam } from './params.ts';

/** A stage whose GPUs depend on parameters, with the number that these give it: all or none. */
export function settleGpus(
  spec: PipelineSpec,
  stage: StageSpec,
  params: JsonObject,
): { value: StageSpec; diagnostics: Diagnostic[] } {
  const known = dottedNames(params);
  const conditions = Object.entries(stage.gpusWhen);
  const diagnostics = conditions.flatMap(([name]) => {
    const at = ['stages', stage.name, 'resources', 'gpus', 'when', name];
    return known.has(name) ? [] : [unknownParam(name, known, spec.source.locateKey(at))];
  });
  const applies = conditions.every(([name, wanted]) => {
    const value: Json | undefined = lookUp(params, name.split('.'));
    return [wanted].flat().some((one) => one === value);
  });
  const value = applies ? stage : { ...stage, resources: { ...stage.resources, gpus: 0 } };
  return { value, diagnostics };
}
