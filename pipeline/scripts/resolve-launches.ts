/** Code of commands: what a node's command runs, with the values of its cell in it. */

import { formatValues } from '../graph/format-values.ts';
import { lookUpVariable, parsePieces } from '../graph/interpolate.ts';
import { findJobVariable } from '../graph/job-variables.ts';
import type { GraphNode } from '../graph/types.ts';
import type { ListedProgram } from '../shell/list-programs.ts';
import { fillMarks, MARK, type MarkedValues } from '../shell/shell-marks.ts';
import type { ShellText } from '../shell/value-position.ts';
import { resolveIn } from '../system/resolve-path.ts';
import { type Launch, MADE } from './launch.ts';
import { readLaunches } from './read-launches.ts';

/** Variables that a stage has, whatever it declares. */
const ALWAYS = new Set(['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH']);

const HERE = MARK.variable('PWD', null);

/** The text of a command for the grammar of bash. */
export function toText(command: string): ShellText {
  return parsePieces(command).pieces.map((piece) => (piece.kind === 'text' ? piece.text : null));
}

/** What the programs of a node's command run. @param root real path of the workspace */
export function resolveLaunches(
  programs: readonly ListedProgram[],
  node: GraphNode,
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
  root: string,
): Launch[] {
  const variables = parsePieces(command).pieces.flatMap((piece) =>
    piece.kind === 'variable' ? [piece] : [],
  );
  const declared = new Set(node.env);
  const values: MarkedValues = {
    valueOf(index) {
      const piece = variables[index];
      if (piece === undefined) return null;
      const [head, name] = piece.path;
      const input = head === 'inputs' ? node.inputs.find((one) => one.name === name) : undefined;
      if (input !== undefined) {
        const [source, ...more] = input.sources;
        if (source === undefined || more.length > 0) return null;
        return source.kind === 'file' ? resolveIn(root, source.path) : MADE;
      }
      const ofJob = findJobVariable(piece.path, node.variables)?.kind;
      if (head === 'outputs' || ofJob === 'scratch' || ofJob === 'previous-output') return MADE;
      const value = lookUpVariable(node.variables, piece.path);
      if (value === undefined) return null;
      const texts = formatValues(piece.filters, value);
      return texts.length === 1 ? (texts[0] ?? null) : null;
    },
    variableOf(name) {
      if (name === 'PWD') return root;
      if (!ALWAYS.has(name) && !declared.has(name)) return null;
      return environment[name] ?? null;
    },
  };
  const fill = (text: string | null) => fillMarks(text, values);
  /** Where a command has gone elsewhere, what it names by its folder cannot be told. */
  const fillIn = ({ folder }: ListedProgram) =>
    folder === ''
      ? fill
      : (text: string | null) => (text?.includes(HERE) === true ? null : fill(text));
  const filled = programs.map(
    (program): ListedProgram => ({
      words: program.words.map(fillIn(program)),
      folder: fill(program.folder),
      variables: fillVariables(program, fillIn(program), environment, declared),
      input:
        program.input !== null && 'path' in program.input
          ? { path: fill(program.input.path) }
          : program.input,
    }),
  );
  return readLaunches(filled);
}

/** The variables of a program that decide where code is found, its surroundings' own among them. */
function fillVariables(
  { variables }: ListedProgram,
  fill: (text: string | null) => string | null,
  environment: Readonly<Record<string, string | undefined>>,
  declared: ReadonlySet<string>,
): Record<string, string | null> {
  const given: Record<string, string | null> = {};
  if (declared.has('PYTHONPATH') && environment['PYTHONPATH'] !== undefined) {
    given['PYTHONPATH'] = environment['PYTHONPATH'];
  }
  for (const name of ['PATH', 'PYTHONPATH']) {
    const value = variables[name];
    // What is not set around the command adds nothing to it.
    if (value !== undefined)
      given[name] = fill(value?.replaceAll(/:?\uE003PYTHONPATH\uE005:?/g, '') ?? null);
  }
  return given;
}
