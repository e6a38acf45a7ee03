/** Undeclared accesses → a diagnostic with the YAML that would declare them. */

import type { Graph, GraphNode } from '../graph/types.ts';
import { formatPlace } from '../pipeline-file/diagnostic.ts';
import type { Access, AccessKind } from './access.ts';
import { type Suggestion, suggestInputs, suggestOutputs } from './suggest-yaml.ts';
import { gatherAccesses } from './undeclared.ts';

/** How a node's accesses are told. */
export interface Telling {
  /** Leaves out how to declare them. */
  readonly isBrief: boolean;
  /** Whether something is at a path of the workspace now. */
  readonly stands: (path: string) => boolean;
}

/** Paths that a sentence names. */
const MOST_NAMED = 6;

/**
 * What a node did without declaring it, where it could be declared, and the YAML that would:
 *
 * ```
 * reads words.txt, which it does not declare; add to pipeline.yaml:4:3
 *   inputs:
 *     words: words.txt
 * ```
 *
 * @param accesses at least one
 */
export function describeAccesses(
  graph: Graph,
  node: GraphNode,
  accesses: readonly Access[],
  { isBrief, stands }: Telling,
): string {
  const gathered = gatherAccesses(accesses);
  const pathsOf = (kind: AccessKind) =>
    gathered.filter((access) => access.kind === kind).map(({ path }) => path);
  const [files, folders, sought] = [pathsOf('read'), pathsOf('list'), pathsOf('look')];
  const read = [...files, ...folders, ...sought];
  const written = pathsOf('write');
  const lines: string[] = [];
  const say = (what: string, key: 'inputs' | 'outputs', suggest: () => Suggestion) => {
    const place = formatPlace(graph.spec.source.locateKey(['stages', node.stage.name, key]));
    lines.push(
      isBrief ? `${what} (${place})` : wordSuggestion(what, 'add to', place, suggest(), MOST_NAMED),
    );
  };
  if (read.length > 0) {
    const what = `${wordReads(files, folders, sought)}, which it does not declare`;
    say(what, 'inputs', () => suggestInputs(graph, node, read));
  }
  if (written.length > 0) {
    const what = `writes ${nameAll(written, MOST_NAMED)} beside its outputs`;
    say(what, 'outputs', () => suggestOutputs(graph, node, written, stands));
  }
  return lines.join('\n');
}

/**
 * What a node reads without declaring it, said, with the YAML that would declare it.
 *
 * @param call what is to be done with the YAML: `add to`, `write at`
 * @param most paths that nothing can declare, and that are named all the same
 */
export function describeReads(
  graph: Graph,
  node: GraphNode,
  paths: readonly string[],
  what: string,
  call: string,
  most: number,
): string {
  const place = formatPlace(graph.spec.source.locateKey(['stages', node.stage.name, 'inputs']));
  return wordSuggestion(what, call, place, suggestInputs(graph, node, paths), most);
}

function wordSuggestion(
  what: string,
  call: string,
  place: string,
  { yaml, hopeless }: Suggestion,
  most: number,
): string {
  const reasons = hopeless.slice(0, most).map(({ path, because }) => `${path}: ${because}`);
  const head = yaml.length > 0 ? `${what}; ${call} ${place}` : `${what} (${place})`;
  return [head, ...yaml.map((line) => `  ${line}`), ...reasons].join('\n');
}

/** `reads a, b and the folder lib and looks for c` */
function wordReads(
  files: readonly string[],
  folders: readonly string[],
  sought: readonly string[],
): string {
  const parts: string[] = [];
  if (files.length > 0) parts.push(`reads ${nameAll(files, MOST_NAMED)}`);
  if (folders.length > 0) {
    const verb = files.length > 0 ? '' : 'reads ';
    parts.push(`${verb}the folder${folders.length > 1 ? 's' : ''} ${nameAll(folders, MOST_NAMED)}`);
  }
  if (sought.length > 0) parts.push(`looks for ${nameAll(sought, MOST_NAMED)}`);
  return parts.join(' and ');
}

/** Paths as a sentence names them, the rest counted. @param most so many are named */
export function nameAll(paths: readonly string[], most: number): string {
  const shown = paths.slice(0, most).map((path) => (path === '.' ? 'the workspace' : path));
  const rest = paths.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
