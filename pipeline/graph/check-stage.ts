/** A stage by itself, before its cells are linked: files, references, parameters, variables. */

import { type Diagnostic, listNames, suggest } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec, StageSpec } from '../pipeline-file/types.ts';
import { describeAbsoluteCode } from './check-input-path.ts';
import { checkMemory } from './check-memory.ts';
import { findVariables, type StageCheck } from './check-variables.ts';
import { checkFilter } from './matrix.ts';
import type { StagePlan } from './name-cells.ts';
import { dottedNames, unknownParam } from './params.ts';
import { suggestPath, whyNoFile } from './suggest-path.ts';
import type { WorkspaceView } from './types.ts';

/** Checks a stage's files, references, parameters and variables. */
export function checkStage(
  spec: PipelineSpec,
  plan: StagePlan,
  plans: ReadonlyMap<string, StagePlan>,
  workspace: WorkspaceView,
): StageCheck {
  const { stage } = plan;
  // Without cells (a mistake in the matrix) nothing can be said about names.
  const known = plan.cells[0] === undefined ? null : dottedNames(plan.cells[0].variables);
  const diagnostics = [
    ...checkFiles(spec, stage, workspace),
    ...checkReferences(spec, stage, plans),
    ...checkParams(spec, stage, known),
    ...checkCpus(spec, stage),
    ...checkMemory(spec, plan, known),
    ...checkFound(spec, stage),
  ];
  const found = findVariables(spec, plan, known, workspace);
  const params = [...new Set([...stage.params, ...found.params])];
  const diagnosed = found.diagnostics.length > 0;
  return {
    params,
    diagnostics: [
      ...diagnostics,
      // Of a command with mistakes it is not known what it reads.
      ...(diagnosed ? [] : checkExtends(spec, stage, params)),
      ...found.diagnostics,
    ],
  };
}

function checkFiles(spec: PipelineSpec, stage: StageSpec, workspace: WorkspaceView): Diagnostic[] {
  const { action } = stage;
  const diagnostics: Diagnostic[] = [];
  if (action.kind === 'template' && action.template.startsWith('/')) {
    const location = spec.source.locate(['stages', stage.name, 'template']);
    diagnostics.push(describeAbsoluteCode('template', action.template, stage.name, location));
  } else if (action.kind === 'template' && workspace.kindOf(action.template) !== 'file') {
    diagnostics.push({
      code: 'missing-file',
      message: `the template "${action.template}" of stage "${stage.name}" ${whyNoFile(workspace.kindOf(action.template))}`,
      location: spec.source.locate(['stages', stage.name, 'template']),
      expected: 'a file, by its path from the workspace',
      ...suggestPath(action.template, workspace),
    });
  }
  diagnostics.push(...checkCode(spec, stage, workspace));
  const outputs = Object.values(stage.outputs).length;
  if (action.kind === 'template' && outputs !== 1) {
    diagnostics.push({
      code: 'wrong-value',
      message: `stage "${stage.name}" renders a template but has ${outputs} outputs`,
      location: spec.source.locateKey(['stages', stage.name, 'outputs']),
      expected: 'exactly one output, the rendered file',
    });
  }
  return diagnostics;
}

/** `code:` names files, and is for commands: other stages name their code as it is. */
function checkCode(spec: PipelineSpec, stage: StageSpec, workspace: WorkspaceView): Diagnostic[] {
  if (stage.code.length === 0) return [];
  const at = ['stages', stage.name, 'code'];
  if (stage.action.kind !== 'command') {
    return [
      {
        code: 'wrong-value',
        message: `stage "${stage.name}" has code beside its ${stage.action.kind}`,
        location: spec.source.locateKey(at),
        expected: 'code of a command, which runs it',
        hint: 'declare it as an input',
      },
    ];
  }
  return stage.code.flatMap((path, i): Diagnostic[] => {
    const location = spec.source.locate(stage.code.length > 1 ? [...at, i] : at);
    if (path.startsWith('/')) {
      return [describeAbsoluteCode('code', path, stage.name, location)];
    }
    const kind = workspace.kindOf(path);
    if (kind === 'file') return [];
    return [
      {
        code: 'missing-file',
        message: `the code "${path}" of stage "${stage.name}" ${whyNoFile(kind)}`,
        location,
        expected: 'a file, by its path from the workspace',
        ...suggestPath(path, workspace),
      },
    ];
  });
}

/** `inputs: auto` needs a stage that can be watched, and makes it one that goes on from nothing. */
function checkFound(spec: PipelineSpec, stage: StageSpec): Diagnostic[] {
  if (!stage.findsInputs) return [];
  const refuse = (key: string, message: string, hint: string): Diagnostic[] => [
    {
      code: 'wrong-value',
      message: `stage "${stage.name}" ${message}`,
      location: spec.source.locateKey(['stages', stage.name, key]),
      expected: 'inputs by name',
      hint,
    },
  ];
  if (stage.action.kind === 'template') {
    const message = 'renders a template, of which all that it reads counts anyway: it has no auto';
    return refuse('inputs', message, 'leave auto out');
  }
  if (stage.extends === null) return [];
  const message =
    'has inputs: auto, so that it is not known beforehand which result it could extend';
  return refuse('extends', message, 'declare its inputs');
}

function checkReferences(
  spec: PipelineSpec,
  stage: StageSpec,
  plans: ReadonlyMap<string, StagePlan>,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const [name, input] of Object.entries(stage.inputs)) {
    if (input.kind === 'file') continue;
    const at = ['stages', stage.name, 'inputs', name];
    if (input.as === 'params' && input.provenance) {
      diagnostics.push({
        code: 'wrong-value',
        message: `the input "${name}" of stage "${stage.name}" is read as parameters and cannot have provenance`,
        location: spec.source.locateKey([...at, 'provenance']),
        expected: 'as: params, where only the values count, or provenance: true',
      });
    }
    const hidden = stage.params.find((param) => param === name || param.startsWith(`${name}.`));
    if (input.as === 'params' && hidden !== undefined) {
      diagnostics.push({
        code: 'reserved-name',
        message: `the input "${name}" of stage "${stage.name}" is read as parameters and would hide the parameter "${hidden}"`,
        location: spec.source.locateKey(at),
        expected: 'an input and parameters of different names',
        hint: 'give the input another name',
      });
    }
    for (const from of input.from) {
      const producer = spec.stages[from];
      if (producer === undefined) continue;
      const outputs = Object.keys(producer.outputs);
      if (!outputs.includes(input.output)) {
        diagnostics.push({
          code: 'unknown-output',
          message: `stage "${from}" has no output "${input.output}"`,
          location: spec.source.locate([...at, 'output']),
          expected: `one of ${listNames(outputs)}`,
          ...suggest(input.output, outputs),
        });
      }
      const axes = plans.get(from)?.axes;
      for (const [i, filter] of axes === undefined ? [] : input.where.entries()) {
        diagnostics.push(
          ...checkFilter(filter, axes ?? [], spec.source.locate([...at, 'where', i])),
        );
      }
    }
  }
  return diagnostics;
}

function checkParams(
  spec: PipelineSpec,
  stage: StageSpec,
  known: ReadonlySet<string> | null,
): Diagnostic[] {
  return stage.params.flatMap((param, i) =>
    known === null || known.has(param)
      ? []
      : [unknownParam(param, known, spec.source.locate(['stages', stage.name, 'params', i]))],
  );
}

/**
 * `extends` names a parameter that the stage reads: declared, in the text of its command, or a key of an
 * input `as: params`.
 */
function checkExtends(
  spec: PipelineSpec,
  stage: StageSpec,
  params: readonly string[],
): Diagnostic[] {
  if (stage.extends === null || params.includes(stage.extends)) return [];
  const prefixes = Object.entries(stage.inputs).flatMap(([name, input]) =>
    input.kind === 'stage' && input.as === 'params' ? [`${name}.`] : [],
  );
  if (prefixes.some((prefix) => stage.extends?.startsWith(prefix))) return [];
  return [
    {
      code: 'unknown-param',
      message: `stage "${stage.name}" extends "${stage.extends}", which it does not read`,
      location: spec.source.locate(['stages', stage.name, 'extends']),
      expected: `one of its params (${listNames(params)}), or a key of an input as: params`,
      ...suggest(stage.extends, params),
    },
  ];
}

function checkCpus(spec: PipelineSpec, { name, resources }: StageSpec): Diagnostic[] {
  const { cpus: least, mostCpus: most } = resources;
  if (most === null || most >= least) return [];
  return [
    {
      code: 'wrong-value',
      message: `stage "${name}" asks for at least ${least} CPUs and at most ${most}`,
      location: spec.source.locate(['stages', name, 'resources', 'cpus', 'most']),
      expected: `a number from ${least}, or all`,
    },
  ];
}
