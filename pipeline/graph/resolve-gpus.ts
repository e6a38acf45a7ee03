/** `gpus` of a stage that depends on parameters → a number. */

import type { Json, JsonObject } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { CellFilter, PipelineSpec, StageSpec } from '../pipeline-file/types.ts';
import { lookUpVariable } from './interpolate.ts';
import { dottedNames, unknownParam } from './params.ts';

/** A stage whose GPUs depend on parameters, with the number that these give it: all or none. */
export function resolveGpus(
  spec: PipelineSpec,
  stage: StageSpec,
  params: JsonObject,
): { value: StageSpec; diagnostics: Diagnostic[] } {
  const known = dottedNames(params);
  const conditions = Object.entries(stage.gpusWhen);
  const diagnostics = conditions.flatMap(([name, wanted]) => {
    const at = ['stages', stage.name, 'resources', 'gpus', 'when', name];
    if (!known.has(name)) return [unknownParam(name, known, spec.source.locateKey(at))];
    return checkKinds(name, wanted, lookUpVariable(spec.params, name.split('.')) ?? null).map(
      (mistake) => ({ ...mistake, location: spec.source.locate(at) }),
    );
  });
  const applies = conditions.every(([name, wanted]) => {
    const value: Json | undefined = lookUpVariable(params, name.split('.'));
    return [wanted].flat().some((one) => one === value);
  });
  const value = applies ? stage : { ...stage, resources: { ...stage.resources, gpus: 0 } };
  return { value, diagnostics };
}

/** A condition on a value of another kind than the parameter has never holds, nor one on a list or a mapping. */
export function checkKinds(
  name: string,
  wanted: CellFilter[string],
  declared: Json,
): Omit<Diagnostic, 'location'>[] {
  if (declared === null) return [];
  if (typeof declared === 'object') {
    const what = Array.isArray(declared) ? 'a list' : 'a mapping';
    return [
      {
        code: 'wrong-type',
        message: `no condition on the parameter "${name}" ever holds: it is ${what}`,
        expected: 'the name of what is a text, a number or a boolean',
      },
    ];
  }
  if (typeof wanted === 'object' && 'param' in wanted) return [];
  const wrong = [wanted].flat().find((one) => typeof one !== typeof declared);
  if (wrong === undefined) return [];
  return [
    {
      code: 'wrong-type',
      message: `the parameter "${name}" never is ${JSON.stringify(wrong)}, a ${typeof wrong}`,
      expected: `a ${typeof declared}, such as ${JSON.stringify(declared)}`,
    },
  ];
}
