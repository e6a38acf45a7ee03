/** Before expansion: the variables of a command exist and stand where a value can be put in. */

import type { Json } from '../contract/values.ts';
import { type Diagnostic, type Location, listNames } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec, StageSpec } from '../pipeline-file/types.ts';
import { findFillFault } from '../shell/fill-command.ts';
import {
  findSimplePositions,
  type ReadPositions,
  type ShellText,
  type ValuePosition,
} from '../shell/value-position.ts';
import { describePlace, describeValue } from './describe-place.ts';
import { formatValues } from './format-values.ts';
import {
  ESCAPE,
  type InterpolationFault,
  lookUpVariable,
  type Piece,
  parsePieces,
} from './interpolate.ts';
import { explainPrevious, listJobVariables } from './job-variables.ts';
import { describeFaults, dropTold, type StagePlan, suggestVariable } from './name-cells.ts';

type Variable = Extract<Piece, { kind: 'variable' }>;

/** The parameters that a command reads, and what is wrong with it whatever its cells. */
export interface CommandCheck {
  readonly params: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Whether bash's grammar is needed to tell where the variables of a pipeline's commands stand. */
export function needsGrammar(spec: PipelineSpec): boolean {
  return Object.values(spec.stages).some(
    ({ action }) =>
      action.kind === 'command' &&
      findSimplePositions(toShellText(parsePieces(action.command).pieces)) === null,
  );
}

/** A command's pieces, as where its variables stand is asked for. */
function toShellText(pieces: readonly Piece[]): ShellText {
  return pieces.map((piece) => (piece.kind === 'text' ? piece.text : null));
}

/**
 * Checks the variables of a stage's command: that they exist, and stand where their values can be put
 * in. Those in comments are none.
 *
 * @param known dotted names that the stage's cells have; null where there are no cells
 * @param readPositions reads the grammar of bash, where {@link needsGrammar}
 */
export function checkCommand(
  spec: PipelineSpec,
  plan: StagePlan,
  command: string,
  known: ReadonlySet<string> | null,
  readPositions: ReadPositions,
): CommandCheck {
  const { stage } = plan;
  const at = ['stages', stage.name, 'command'];
  const own = new Set([
    ...Object.keys(stage.inputs).map((name) => `inputs.${name}`),
    ...Object.keys(stage.outputs).map((name) => `outputs.${name}`),
    ...listJobVariables(stage, (name) => known?.has(name) === true),
  ]);
  const { pieces, faults: foreign } = parsePieces(command);
  const faults = [...foreign, ...findSingleBraces(command, own)];
  const locate = openLocator(spec, at);
  if (faults.length > 0) {
    const found = describeFaults(faults, spec, at, {});
    const places = dropTold(faults, spec).map(locate);
    const diagnostics = found.map((one, i) => ({ ...one, location: places[i] ?? one.location }));
    return { params: [], diagnostics };
  }
  const text = toShellText(pieces);
  const places = findSimplePositions(text) ?? readPositions(text);
  const variables = pieces.filter((piece) => piece.kind === 'variable');
  const check = (locateOne: typeof locate) =>
    checkVariables({ plan, variables, places, own, known }, locateOne);
  const found = check(() => NOWHERE);
  // Finding a place takes a pass over the whole text, which may be long: only where it is told.
  return found.diagnostics.length === 0 ? found : check(locate);
}

const NOWHERE: Location = { file: '', line: 1, column: 1 };

interface FoundVariables {
  readonly plan: StagePlan;
  readonly variables: readonly Variable[];
  readonly places: readonly ValuePosition[];
  /** Names of inputs and outputs, and of what else its job says. */
  readonly own: ReadonlySet<string>;
  readonly known: ReadonlySet<string> | null;
}

function checkVariables(
  { plan, variables, places, own, known }: FoundVariables,
  locate: (written: { readonly source: string }) => Location,
): CommandCheck {
  const { stage } = plan;
  const params: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [i, variable] of variables.entries()) {
    const location = locate(variable);
    const place = places[i];
    if (place === undefined || place.kind === 'comment') continue;
    const name = variable.path.join('.');
    const isUnknown = known !== null && !known.has(name) && !own.has(name);
    // Of one slip one mistake: braces between quotes may be none of ours.
    const misplaced = isUnknown ? null : describePlace(place, name, stage.name, location);
    if (misplaced !== null) diagnostics.push(misplaced);
    if (own.has(name)) continue;
    if (known?.has(name)) {
      params.push(name);
      const wrong = checkArgument(plan, variable, location);
      diagnostics.push(...wrong);
      const fault =
        misplaced === null && wrong.length === 0 ? findValueFault(plan, variable, place) : null;
      if (fault !== null) diagnostics.push(describeValue(fault, place, name, stage.name, location));
    } else if (known !== null) {
      diagnostics.push({
        code: 'unknown-variable',
        message: `undefined variable "${name}" in the command of stage "${stage.name}"`,
        location,
        expected: `one of ${listNames([...own, ...plan.axes])}, a parameter, name or profile (braces that are not ours: ${ESCAPE})`,
        ...suggest(stage, variable, new Set([...own, ...known])),
      });
    }
  }
  return { params, diagnostics };
}

/** `{output.o}` or `${outputs.o}`, as other tools write an output: to bash it is nothing like that. */
function findSingleBraces(command: string, own: ReadonlySet<string>): InterpolationFault[] {
  const all = command.matchAll(/\$?(?<!\{)\{\s*(input|output)s?\.(\w+)\s*\}(?!\})/g);
  return [...all].flatMap(([found, what, name]): InterpolationFault[] => {
    const meant = `${what}s.${name}`;
    if (!own.has(meant)) return [];
    const message = `"${found}" has single braces`;
    const hint = `write {{ ${meant} }}`;
    return [{ kind: 'template-error', message, name: found, source: found, hint }];
  });
}

function suggest(
  stage: StageSpec,
  variable: Variable,
  known: ReadonlySet<string>,
): { readonly hint?: string } {
  if (readsAsParams(stage, variable)) {
    return { hint: `only modules are told its keys: read {{ inputs.${variable.path[0]} }}` };
  }
  const name = variable.path.join('.');
  const hint = explainPrevious(name, stage);
  return hint === null ? suggestVariable(name, known) : { hint };
}

/** A key of an input `as: params`. */
function readsAsParams({ inputs }: StageSpec, { path: [name = ''] }: Variable): boolean {
  const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  return input?.kind === 'stage' && input.as === 'params';
}

/** What a command is given as an argument must be a text, number or boolean, or a list of them. */
function checkArgument(
  { stage, cells }: StagePlan,
  { path, filters }: Variable,
  location: Location,
): Diagnostic[] {
  const value = lookUpVariable(cells[0]?.variables ?? {}, path);
  const items: readonly (Json | undefined)[] = Array.isArray(value) ? value : [value];
  const isSingle = items.every((item) => item !== null && typeof item !== 'object');
  if (isSingle || filters.some((filter) => filter.name === 'dump')) return [];
  const name = path.join('.');
  const what = value === null ? 'null' : Array.isArray(value) ? 'a list of lists' : 'a mapping';
  return [
    {
      code: 'wrong-type',
      message: `"${name}" is ${what} in the command of stage "${stage.name}"`,
      location,
      expected: 'a text, a number, true or false, or a list of them, which gives an argument each',
      hint: `give "${name}" a value, or write {{ ${name} | dump }} for JSON`,
    },
  ];
}

/** Why the value of a cell cannot stand where it would; null where all can. */
function findValueFault(plan: StagePlan, variable: Variable, place: ValuePosition): string | null {
  if (place.kind === 'word') return null;
  for (const { variables } of plan.cells) {
    const value = lookUpVariable(variables, variable.path);
    if (value === undefined) continue;
    const fault = findFillFault(place, formatValues(variable.filters, value));
    if (fault !== null) return fault;
  }
  return null;
}

/** Where each of a text's variables is written, asked for in their order. */
function openLocator(
  spec: PipelineSpec,
  at: readonly string[],
): (written: { readonly source: string }) => Location {
  let from: number | undefined;
  return ({ source }) => {
    const start = spec.source.locate(at);
    const { text } = spec.source;
    const lines = text.split('\n');
    from ??= lines.slice(0, start.line - 1).join('\n').length + start.column - 1;
    const found = text.indexOf(source, from);
    // Folded over two lines, or written with escapes of YAML.
    if (found === -1) return start;
    from = found + source.length;
    const before = text.slice(0, found).split('\n');
    return { ...start, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
}
