/** What a stage reads of parameters, by the text of its command or template. */

import type { Json, JsonObject } from '../contract/values.ts';
import { type Diagnostic, listNames } from '../pipeline-file/diagnostic.ts';
import { isJsonObject, type PipelineSpec } from '../pipeline-file/types.ts';
import { checkCommand } from './check-command.ts';
import { lookUpVariable } from './interpolate.ts';
import { type StagePlan, suggestVariable } from './name-cells.ts';
import type { WorkspaceView } from './types.ts';

/** What a stage reads, and what is wrong with it whatever its cells. */
export interface StageCheck {
  /** Dotted names of its parameters: declared, or found in its command or template. */
  readonly params: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The variables that a stage's command or template reads. */
export function findVariables(
  spec: PipelineSpec,
  plan: StagePlan,
  known: ReadonlySet<string> | null,
  workspace: WorkspaceView,
): StageCheck {
  const { action } = plan.stage;
  if (action.kind === 'command') {
    return checkCommand(spec, plan, action.command, known, workspace.readPositions);
  }
  if (
    action.kind === 'module' ||
    action.template.startsWith('/') ||
    workspace.kindOf(action.template) !== 'file'
  ) {
    return { params: [], diagnostics: [] };
  }
  const analysis = workspace.analyzeTemplate(action.template);
  if (!analysis.ok) return { params: [], diagnostics: analysis.diagnostics };
  const scope = plan.cells[0]?.variables;
  if (scope === undefined || known === null) return { params: [], diagnostics: [] };
  const params: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { path, bound, optional, printed, ...location } of analysis.value.variables) {
    const name = path.join('.');
    const read = resolveVariable(scope, path);
    const value = lookUpVariable(scope, path);
    if (read !== null) params.push(read);
    if (printed !== null && !bound && typeof value === 'object' && value !== null) {
      diagnostics.push(describePrinted(name, value, printed));
    }
    if (read === null && !bound && !optional) {
      diagnostics.push({
        code: 'unknown-variable',
        message: `undefined template variable "${name}"`,
        location,
        expected: `a parameter, ${plan.axes.length > 0 ? `an axis of the stage (${listNames(plan.axes)}), ` : ''}name or profile`,
        ...suggestVariable(name, known),
      });
    }
  }
  return { params, diagnostics };
}

/** The mistake of printing what is no single value. */
function describePrinted(name: string, value: Json, location: Diagnostic['location']): Diagnostic {
  const isList = Array.isArray(value);
  return {
    code: 'wrong-type',
    message: `"${name}" is a ${isList ? 'list' : 'mapping'} and cannot be printed as it is`,
    location,
    expected: 'a text, a number, or true or false',
    hint: `${isList ? `write {{ ${name} | join(", ") }}, or` : 'write'} {{ ${name} | dump }} for JSON, which is YAML too`,
  };
}

/** What a path reads: itself, or the list or text whose member it names (`levels.length`). */
function resolveVariable(scope: JsonObject, path: readonly string[]): string | null {
  let value: Json | undefined = scope;
  for (const [depth, step] of path.entries()) {
    if (!isJsonObject(value)) return path.slice(0, depth).join('.');
    if (!Object.hasOwn(value, step)) return null;
    value = value[step];
  }
  return path.join('.');
}
