/** After linking: paths, and names of nodes, that are one on disks which fold case or normalise Unicode, and two elsewhere. */

import { type Diagnostic, formatPlace } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import type { Folding, GraphNode } from './types.ts';

/** A path that a node writes or reads, with what it is. */
interface NamedPath {
  readonly node: GraphNode;
  readonly kind: 'inputs' | 'outputs';
  readonly name: string;
  readonly path: string;
}

/**
 * Finds outputs that differ from others, or from inputs given by path, in case or in Unicode normalisation
 * alone, as far as the disk takes them for one: the same place, or one inside the other. Then nodes whose
 * names differ in no more.
 *
 * @param askFolding what the disk of the workspace does; asked only where it matters
 */
export function findFolded(
  spec: PipelineSpec,
  nodes: readonly GraphNode[],
  askFolding: () => Folding,
): Diagnostic[] {
  const paths = nodes.flatMap(listPaths);
  const foldAll = foldBy({ case: true, form: true });
  const isFolded = (text: string) => foldAll(text) === text;
  // Most workspaces have nothing that a disk could fold.
  if (paths.every(({ path }) => isFolded(path)) && nodes.every(({ id }) => isFolded(id))) return [];
  if (findPairs(paths, foldAll).length + findTwins(nodes, foldAll).length === 0) return [];
  const folding = askFolding();
  const fold = foldBy(folding);
  const told = new Set<string>();
  const isNews = (key: unknown) => {
    const text = JSON.stringify(key);
    if (told.has(text)) return false;
    told.add(text);
    return true;
  };
  // One of many cells stands for all.
  const pairs = findPairs(paths, fold).filter(([one, other]) =>
    isNews([one, other].map(({ node, kind, name }) => [node.stage.name, kind, name])),
  );
  const twins = findTwins(nodes, fold).filter(([one, other]) =>
    isNews([one.stage.name, other.stage.name]),
  );
  // Whoever gives them other outputs gives them other names first.
  const isTold = (node: GraphNode) => pairs.some(([one]) => one.node.stage === node.stage);
  return [
    ...pairs.map(([one, other]) => describePair(spec, one, other, folding)),
    ...twins
      .filter(([one]) => !isTold(one))
      .map(([one, other]) => describeTwins(spec, one, other, folding)),
  ];
}

/** Nodes of one name once it is folded, each with the first of that. */
function findTwins(
  nodes: readonly GraphNode[],
  fold: (text: string) => string,
): (readonly [GraphNode, GraphNode])[] {
  const first = new Map<string, GraphNode>();
  return nodes.flatMap((node): (readonly [GraphNode, GraphNode])[] => {
    const name = fold(node.id);
    const other = first.get(name);
    if (other === undefined) first.set(name, node);
    return other === undefined ? [] : [[node, other]];
  });
}

function listPaths(node: GraphNode): NamedPath[] {
  return [
    ...node.outputs.map(({ name, path }) => ({ node, kind: 'outputs' as const, name, path })),
    ...node.inputs.flatMap(({ name, sources }) =>
      sources.flatMap(({ kind, path }) =>
        kind === 'file' ? [{ node, kind: 'inputs' as const, name, path }] : [],
      ),
    ),
  ];
}

/** Every path that is at or in another once both are folded, and is not as they are written. */
function findPairs(
  paths: readonly NamedPath[],
  fold: (path: string) => string,
): (readonly [NamedPath, NamedPath])[] {
  const known = new Map<string, NamedPath[]>();
  for (const one of paths) {
    const at = fold(one.path);
    const there = known.get(at);
    if (there === undefined) known.set(at, [one]);
    // Each way of writing it once, and of each an output where there is one.
    else if (!there.some(({ path, kind }) => path === one.path && kind === one.kind))
      there.push(one);
  }
  return paths.flatMap((one) => {
    const steps = fold(one.path).split('/');
    const written = one.path.split('/');
    return steps.flatMap((_, i) => {
      const others = known.get(steps.slice(0, i + 1).join('/')) ?? [];
      const plain = written.slice(0, i + 1).join('/');
      return others.flatMap((other): (readonly [NamedPath, NamedPath])[] => {
        const isWritten = one.kind === 'outputs' || other.kind === 'outputs';
        if (!isWritten || other.path === plain) return [];
        // Of two at one place the later is told of.
        const isTold = i + 1 < steps.length || paths.indexOf(other) < paths.indexOf(one);
        return isTold ? [[one, other]] : [];
      });
    });
  });
}

/** @returns what a disk with this folding takes a path for */
function foldBy({ case: foldsCase, form }: Folding): (path: string) => string {
  return (path) => {
    const formed = form ? path.normalize('NFC') : path;
    return foldsCase ? formed.toLowerCase() : formed;
  };
}

function describePair(
  spec: PipelineSpec,
  one: NamedPath,
  other: NamedPath,
  folding: Folding,
): Diagnostic {
  const locate = ({ node, kind, name }: NamedPath) =>
    spec.source.locate(['stages', node.stage.name, kind, name]);
  const word = ({ node, kind, path }: NamedPath) =>
    `the ${kind === 'inputs' ? 'input' : 'output'} ${path} of ${node.id}`;
  const byCase = foldBy({ case: folding.case, form: false });
  const reason = wordFolding(byCase(one.path).startsWith(byCase(other.path)));
  return {
    code: 'duplicate-output',
    message: `${word(one)} and ${word(other)} (${formatPlace(locate(other))}) are in one place: ${reason}`,
    location: locate(one),
    expected: 'paths that differ in more than that',
    hint: 'give one of them another path',
  };
}

/** Nodes that no two outputs are about: what is kept of each, its log for one, has its name. */
function describeTwins(
  { source }: PipelineSpec,
  one: GraphNode,
  other: GraphNode,
  folding: Folding,
): Diagnostic {
  const byCase = foldBy({ case: folding.case, form: false });
  const reason = wordFolding(byCase(one.id) === byCase(other.id));
  const { stage } = one;
  const isOneStage = stage === other.stage;
  return {
    code: 'duplicate-cell',
    message: `the logs of ${one.id} and ${other.id} are in one place: ${reason}`,
    location: isOneStage
      ? source.locate(['stages', stage.name, stage.cellName === null ? 'matrix' : 'name'])
      : source.locateKey(['stages', stage.name]),
    expected: 'names that differ in more than that',
    hint: isOneStage ? 'give the stage a "name:" that tells them apart' : 'rename one of them',
  };
}

function wordFolding(isCase: boolean): string {
  return isCase
    ? 'on this disk capital and small letters are the same'
    : 'on this disk the ways to write a character in Unicode are the same';
}
