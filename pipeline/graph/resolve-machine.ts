/** `machine` of a stage, which may depend on parameters → the modules that are asked. */

import type { JsonObject } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec, StageSpec } from '../pipeline-file/types.ts';
import type { LocatedParams } from './axis-values.ts';
import { describeAbsoluteCode } from './check-input-path.ts';
import { checkCondition, meets } from './conditions.ts';
import { dottedNames, unknownParam } from './params.ts';
import { suggestPath, whyNoFile } from './suggest-path.ts';
import type { WorkspaceView } from './types.ts';

/** A stage with those of the modules that tell of the machine that parameters let be asked. */
export function resolveMachine(stage: StageSpec, params: JsonObject): StageSpec {
  if (stage.machine.length === 0) return stage;
  return { ...stage, machine: stage.machine.filter(({ when }) => meets(when, params)) };
}

/** Checks that the modules are there, and the conditions under which they are asked. */
export function checkMachine(
  spec: PipelineSpec,
  stage: StageSpec,
  resolved: LocatedParams,
  workspace: WorkspaceView,
): readonly Diagnostic[] {
  if (stage.machine.length === 0) return [];
  const known = dottedNames(resolved.params);
  return stage.machine.flatMap(({ module, when, place }) => {
    const at = ['stages', stage.name, 'machine', ...(place === null ? [] : [place])];
    const conditions = Object.entries(when).flatMap(([name, wanted]): readonly Diagnostic[] => {
      const path = [...at, 'when', name];
      if (!known.has(name)) return [unknownParam(name, known, spec.source.locateKey(path))];
      const locate = (...inner: string[]) => spec.source.locate([...path, ...inner]);
      return checkCondition(spec, [name, wanted], resolved, locate);
    });
    const location = spec.source.locate(at);
    if (module.startsWith('/')) {
      return [describeAbsoluteCode('module', module, stage.name, location), ...conditions];
    }
    const kind = workspace.kindOf(module);
    if (kind === 'file') return conditions;
    const missing: Diagnostic = {
      code: 'missing-file',
      message: `the module "${module}" of stage "${stage.name}", which tells of the machine, ${whyNoFile(kind)}`,
      location,
      expected: 'a file, by its path from the workspace',
      ...suggestPath(module, workspace),
    };
    return [missing, ...conditions];
  });
}
