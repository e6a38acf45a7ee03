import type { Graph, GraphNode } from '../graph/types.ts';
import type { Access, AccessKind } from './access.ts';
import { type Suggestion, suggestInputs, suggestOutputs } from './suggest-yaml.ts';
import { gatherAccesses } from './undeclared.ts';

const VERBS: readonly (readonly [AccessKind, string])[] = [
  ['read', 'reads'],
  ['list', 'reads the folder'],
  ['look', 'looks for'],
];
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
 * @param isBrief leaves out how to declare it
 */
export function describeAccesses(
  graph: Graph,
  node: GraphNode,
  accesses: readonly Access[],
  isBrief: boolean,
): string {
  const gathered = gatherAccesses(accesses);
  const pathsOf = (kind: AccessKind) =>
    gathered.filter((access) => access.kind === kind).map(({ path }) => path);
  const read = VERBS.flatMap(([kind]) => pathsOf(kind));
  const written = pathsOf('write');
  const phrases = VERBS.filter(([kind]) => pathsOf(kind).length > 0).map(
    ([kind, verb]) => `${verb} ${nameAll(pathsOf(kind))}`,
  );
  const lines: string[] = [];
  const say = (what: string, key: 'inputs' | 'outputs', suggest: () => Suggestion) => {
    const at = graph.spec.source.locateKey(['stages', node.stage.name, key]);
    const place = `${at.file}:${at.line}:${at.column}`;
    lines.push(...(isBrief ? [`${what} (${place})`] : wordSuggestion(what, place, suggest())));
  };
  if (read.length > 0) {
    const what = `${phrases.join(' and ')}, which it does not declare`;
    say(what, 'inputs', () => suggestInputs(graph, node, read));
  }
  if (written.length > 0) {
    const what = `writes ${nameAll(written)} beside its outputs`;
    say(what, 'outputs', () => suggestOutputs(graph, node, written));
  }
  return lines.join('\n');
}

function wordSuggestion(
  what: string,
  place: string,
  { yaml, hopeless }: Suggestion,
): readonly string[] {
  const reasons = hopeless.slice(0, MOST_NAMED).map(({ path, because }) => `${path}: ${because}`);
  const head = yaml.length > 0 ? `${what}; add to ${place}` : `${what} (${place})`;
  return [head, ...yaml.map((line) => `  ${line}`), ...reasons];
}

function nameAll(paths: readonly string[]): string {
  const shown = paths.slice(0, MOST_NAMED).map((path) => (path === '.' ? 'the workspace' : path));
  const rest = paths.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
