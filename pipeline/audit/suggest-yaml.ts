/** Paths → the `inputs` and `outputs` that would declare them. */

import { isWritablePath } from '../graph/check-paths.ts';
import { plainPath } from '../graph/place-apart.ts';
import type { Graph, GraphNode, NodeId, NodeOutput } from '../graph/types.ts';
import { isAtOrBelow } from './undeclared.ts';

/** What would declare paths, as lines of YAML, and the paths that nothing can declare, with why. */
export interface Suggestion {
  readonly yaml: readonly string[];
  readonly hopeless: readonly { readonly path: string; readonly because: string }[];
}

/** An output that an access is about. */
interface Made {
  readonly node: GraphNode;
  readonly output: NodeOutput;
}

/** Outputs in a folder that are named one by one. */
const MOST_OUTPUTS = 6;

/**
 * The `inputs` that would declare paths which a node reads. What another stage makes is named by
 * that stage, so that it runs first.
 */
export function suggestInputs(graph: Graph, node: GraphNode, paths: readonly string[]): Suggestion {
  const hopeless: { path: string; because: string }[] = [];
  const names = new Set(node.inputs.map(({ name }) => name));
  const entries = new Map<string, string>();
  const add = (value: string, wish: string) => {
    if (!entries.has(value)) entries.set(value, pickName(wish, names));
  };
  const made = new Map<string, Made[]>();
  for (const path of paths) {
    const because = path === '.' || !isWritablePath(path) ? 'which cannot be an input' : null;
    if (because !== null) hopeless.push({ path, because });
    else {
      const makers = findMakers(graph, path);
      if (makers.length === 0) add(quote(path), path);
      for (const one of makers.slice(0, MOST_OUTPUTS)) {
        if (isUpstream(graph, node.id, one.node)) {
          const whose = one.node === node ? 'its own output' : `made by ${one.node.id} from it`;
          hopeless.push({ path, because: `${whose}, so that it cannot be an input` });
          break;
        }
        const key = `${one.node.stage.name} ${one.output.name}`;
        made.set(key, [...(made.get(key) ?? []), one]);
      }
    }
  }
  for (const group of made.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const { stage } = first.node;
    const where = group.length === 1 ? nameCell(first.node, node) : '';
    add(`{ from: ${stage.name}, output: ${first.output.name}${where} }`, first.output.name);
  }
  const lines = [...entries].map(([value, name]) => `  ${name}: ${value}`);
  // Beside what is found, names need the long form.
  const isFirst = node.findsInputs && node.inputs.length === 0;
  const head = isFirst ? ['inputs:', '  auto: true'] : ['inputs:'];
  return { yaml: lines.length === 0 ? [] : [...head, ...lines], hopeless };
}

/**
 * The `outputs` that would declare paths which a node writes.
 *
 * @param stands whether something is at a path, so that it was no passing thing
 */
export function suggestOutputs(
  graph: Graph,
  node: GraphNode,
  paths: readonly string[],
  stands: (path: string) => boolean,
): Suggestion {
  const hopeless: { path: string; because: string }[] = [];
  const names = new Set(node.outputs.map(({ name }) => name));
  const lines: string[] = [];
  for (const path of paths) {
    const [maker] = findMakers(graph, path);
    if (maker?.node === node) {
      const { name } = maker.output;
      hopeless.push({ path, because: `where only the engine puts its output "${name}"` });
    } else if (maker !== undefined) {
      hopeless.push({ path, because: `which is made by ${maker.node.id}` });
    } else if (!isWritablePath(path)) {
      hopeless.push({ path, because: 'which cannot be an output' });
    } else if (!stands(path)) {
      hopeless.push({ path, because: 'which is not there any more' });
    } else lines.push(`  ${pickName(path, names)}: ${quote(path)}`);
  }
  return { yaml: lines.length === 0 ? [] : ['outputs:', ...lines], hopeless };
}

/** The outputs that a path is, lies in or, being a folder, holds. */
function findMakers(graph: Graph, path: string): Made[] {
  const found: Made[] = [];
  for (const node of graph.nodes.values()) {
    for (const output of node.outputs) {
      // In the workspace itself stands what runs outside of an exploration have made.
      const places = [output.path, plainPath(output.path, node)];
      if (places.some((place) => isAtOrBelow(path, place) || isAtOrBelow(place, path))) {
        found.push({ node, output });
      }
    }
  }
  return found;
}

/** Whether a node is another one or stands upstream of it. */
function isUpstream(graph: Graph, id: NodeId, of: GraphNode): boolean {
  const seen = new Set<NodeId>([of.id]);
  for (const one of seen) for (const above of graph.nodes.get(one)?.upstream ?? []) seen.add(above);
  return seen.has(id);
}

/** Narrows an input to one cell of a stage, on the axes that the reader does not have. */
function nameCell(maker: GraphNode, reader: GraphNode): string {
  const other = Object.entries(maker.cell).filter(([axis]) => !Object.hasOwn(reader.cell, axis));
  if (other.length === 0) return '';
  const values = other.map(([axis, value]) => `${axis}: ${JSON.stringify(value)}`);
  return `, where: [{ ${values.join(', ')} }]`;
}

/** A name that an input or output may have, after what it is for. */
function pickName(wish: string, taken: Set<string>): string {
  const base = (wish.split('/').at(-1) ?? '').replace(/(.)\.[^.]*$/, '$1');
  const plain = base.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)/, '_');
  const name = /[A-Za-z0-9]/.test(plain) ? plain : 'file';
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    if (taken.has(candidate)) continue;
    taken.add(candidate);
    return candidate;
  }
}

/** A path as YAML: as it is where that can mean nothing else. */
function quote(path: string): string {
  return /^[A-Za-z_][A-Za-z0-9_./-]*[A-Za-z_/][A-Za-z0-9_./-]*$/.test(path) && !isWord(path)
    ? path
    : JSON.stringify(path);
}

function isWord(text: string): boolean {
  return /^(true|false|null|yes|no|on|off)$/i.test(text);
}
