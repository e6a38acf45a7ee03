/** After linking: paths that are one on disks which fold case or normalise Unicode, and two elsewhere. */

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
 * alone, as far as the disk takes them for one: the same place, or one inside the other.
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
  // Most workspaces have nothing that a disk could fold.
  if (paths.every(({ path }) => foldAll(path) === path)) return [];
  if (findPairs(paths, foldAll).length === 0) return [];
  const folding = askFolding();
  const pairs = findPairs(paths, foldBy(folding));
  const told = new Set<string>();
  return pairs.flatMap(([one, other]) => {
    const key = JSON.stringify(
      [one, other].map(({ node, kind, name }) => [node.stage.name, kind, name]),
    );
    // One of many cells stands for all.
    if (told.has(key)) return [];
    told.add(key);
    return [describePair(spec, one, other, folding)];
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
  const isCase = byCase(one.path).startsWith(byCase(other.path));
  const reason = isCase
    ? 'on this disk capital and small letters are the same'
    : 'on this disk the ways to write a character in Unicode are the same';
  return {
    code: 'duplicate-output',
    message: `${word(one)} and ${word(other)} (${formatPlace(locate(other))}) are in one place: ${reason}`,
    location: locate(one),
    expected: 'paths that differ in more than that',
    hint: 'give one of them another path',
  };
}
