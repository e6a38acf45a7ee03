/** After linking: no two nodes write at one place, nor over what is the user's. */

import { posix } from 'node:path';
import { isSoundPattern } from '../ignore/check-patterns.ts';
import { IgnoreRules } from '../ignore/ignore-rules.ts';
import { type Diagnostic, listNames } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import { LONGEST_NAME } from '../system/fit-name.ts';
import { parsePieces } from './interpolate.ts';
import type { GraphNode, NodeOutput } from './types.ts';

/** A path without `.`, `..` in the middle, doubled or trailing slashes. */
export function normalizePath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** Whether the pipeline may write at a normalised path: inside the workspace, not in its own state. */
export function isWritablePath(path: string): boolean {
  const [first] = path.split('/');
  return !path.startsWith('/') && !['', '.', '..', '.pipeline', '.git'].includes(first ?? '');
}

/** Why nothing can stand at a path on any common file system; null where that is not so. */
export function findPathFault(path: string): string | null {
  if (path.includes('\0')) return 'it holds a NUL character';
  // No text has more bytes than three times its length.
  if (path.length * 3 <= LONGEST_NAME) return null;
  const long = path.split('/').find((step) => Buffer.byteLength(step) > LONGEST_NAME);
  if (long === undefined) return null;
  return `the name "${long.slice(0, 20)}…" in it has ${Buffer.byteLength(long)} bytes, and file systems take ${LONGEST_NAME}`;
}

/**
 * Finds outputs that two nodes write, or of which one lies inside the other, inputs given by path
 * that are in truth the output of a node, and outputs that would replace or change the user's own
 * files.
 */
export function findOverlaps(spec: PipelineSpec, nodes: readonly GraphNode[]): Diagnostic[] {
  const owners = new Map<string, { node: GraphNode; output: NodeOutput }>();
  const diagnostics: Diagnostic[] = [];
  const locate = (node: GraphNode, output: NodeOutput) =>
    spec.source.locate(['stages', node.stage.name, 'outputs', output.name]);
  const shared = new Map<string, GraphNode>();
  for (const node of nodes) {
    for (const output of node.outputs) {
      const other = owners.get(output.path);
      if (other === undefined) owners.set(output.path, { node, output });
      else if (isSameOutput(node, output, other)) {
        shared.set(JSON.stringify([node.stage.name, output.name]), node);
      } else diagnostics.push(describeOverlap(node, output, other, locate(node, output)));
    }
  }
  for (const [key, node] of shared) {
    const [, name = ''] = JSON.parse(key) as string[];
    diagnostics.push(describeShared(spec, nodes, node, name));
  }
  const findOwner = (path: string, itself: boolean) => {
    const steps = path.split('/');
    for (let length = steps.length - (itself ? 0 : 1); length > 0; length--) {
      const owner = owners.get(steps.slice(0, length).join('/'));
      if (owner !== undefined) return owner;
    }
    return undefined;
  };
  for (const node of nodes) {
    for (const output of node.outputs) {
      const other = findOwner(output.path, false);
      if (other) diagnostics.push(describeOverlap(node, output, other, locate(node, output)));
    }
    for (const input of node.inputs) {
      for (const source of input.sources) {
        const owner = source.kind === 'file' ? findOwner(source.path, true) : undefined;
        if (owner === undefined) continue;
        const location = spec.source.locate(['stages', node.stage.name, 'inputs', input.name]);
        diagnostics.push(
          describeMade(node, `the input "${input.name}"`, source.path, owner, location),
        );
      }
    }
  }
  return [...diagnostics, ...findReplacedFiles(spec, nodes)];
}

/**
 * Outputs at or above files that the pipeline is made of, and outputs inside folders that it reads,
 * where they count.
 * (Outputs at or above inputs are found as those inputs' makers.)
 */
function findReplacedFiles(spec: PipelineSpec, nodes: readonly GraphNode[]): Diagnostic[] {
  const made = new Map([[spec.source.file, 'the pipeline itself']]);
  const read = new Map<string, string>();
  for (const { stage, action, inputs } of nodes) {
    const { name } = stage;
    if (action.kind === 'module') made.set(action.module, `the module of ${name}`);
    if (action.kind === 'template') {
      made.set(normalizePath(action.template), `the template of ${name}`);
    }
    for (const input of inputs) {
      for (const { kind, path } of input.sources) {
        if (kind === 'file') read.set(path, `the input "${input.name}" of ${name}`);
      }
    }
  }
  const replaced = new Map(
    [...made].flatMap(([path, what]) => [path, ...parentsOf(path)].map((at) => [at, what])),
  );
  const rules = new IgnoreRules('', spec.ignore.filter(isSoundPattern));
  const counts = (path: string, folder: string) => {
    const inner = folder === '.' ? path : path.slice(folder.length + 1);
    return !rules.below(folder === '.' ? '' : `/${folder}`).covers(inner);
  };
  return nodes.flatMap((node) =>
    node.outputs.flatMap(({ name, path }): Diagnostic[] => {
      const victim = replaced.get(path);
      const folder = parentsOf(path).find((parent) => read.has(parent) && counts(path, parent));
      if (victim === undefined && folder === undefined) return [];
      return [
        {
          code: 'duplicate-output',
          message:
            victim === undefined
              ? `the output ${path} of ${node.id} lies in ${read.get(folder ?? '')}, which it would change`
              : `the output ${path} of ${node.id} would replace ${victim}`,
          location: spec.source.locate(['stages', node.stage.name, 'outputs', name]),
          expected: 'a path that holds nothing but this output',
          hint:
            victim === undefined
              ? 'give it another path, or leave it out of the folder by a line of `ignore`'
              : 'give it another path',
        },
      ];
    }),
  );
}

/** `a/b/c` → `a/b`, `a`, `.` */
function parentsOf(path: string): string[] {
  const steps = path.split('/');
  return [...steps.slice(1).map((_, i) => steps.slice(0, steps.length - 1 - i).join('/')), '.'];
}

type Owned = { readonly node: GraphNode; readonly output: NodeOutput };

function isSameOutput(node: GraphNode, output: NodeOutput, other: Owned): boolean {
  return node.stage.name === other.node.stage.name && output.name === other.output.name;
}

/** The one mistake of a path that does not tell the cells of its stage apart. */
function describeShared(
  spec: PipelineSpec,
  nodes: readonly GraphNode[],
  { stage, cell }: GraphNode,
  output: string,
): Diagnostic {
  const cells = nodes.filter((node) => node.stage.name === stage.name);
  const paths = new Set(
    cells.flatMap(({ outputs }) =>
      outputs.flatMap(({ name, path }) => (name === output ? [path] : [])),
    ),
  );
  const { pieces } = parsePieces(stage.outputs[output]?.path ?? '');
  const used = pieces.map((piece) => (piece.kind === 'variable' ? piece.path.join('.') : ''));
  const missing = Object.keys(cell).filter((axis) => !used.includes(axis));
  const lacks = missing.length === 0 ? '' : `; the path has nothing of ${listNames(missing)}`;
  return {
    code: 'duplicate-output',
    message: `the ${cells.length} nodes of stage "${stage.name}" write ${paths.size} ${paths.size === 1 ? 'path' : 'paths'} as "${output}"${lacks}`,
    location: spec.source.locate(['stages', stage.name, 'outputs', output]),
    expected: 'each output to be written by one node',
    hint: 'put the name of the cell into the path: {{ name }}',
  };
}

/** The mistake of an input that is given by its path although a stage makes it. */
function describeMade(
  node: GraphNode,
  input: string,
  path: string,
  owner: Owned,
  location: Diagnostic['location'],
): Diagnostic {
  const { stage } = owner.node;
  const start = `${input} of ${node.id} is`;
  return stage.name === node.stage.name
    ? {
        code: 'missing-input',
        message: `${start} an output of the same stage: ${path}`,
        location,
        expected: 'an input that stays as it is, and an output at another path',
      }
    : {
        code: 'missing-input',
        message: `${start} made by ${owner.node.id}: ${path}`,
        location,
        expected: 'a reference to that stage, so that it runs first',
        hint: `write { from: ${stage.name}, output: ${owner.output.name} }`,
      };
}

function describeOverlap(
  node: GraphNode,
  output: NodeOutput,
  other: { node: GraphNode; output: NodeOutput },
  location: Diagnostic['location'],
): Diagnostic {
  const same = output.path === other.output.path;
  const sameStage = node.stage.name === other.node.stage.name;
  return {
    code: 'duplicate-output',
    message: same
      ? `${node.id} and ${other.node.id} both write ${output.path}`
      : `${node.id} writes ${output.path} inside ${other.output.path}, an output of ${other.node.id}`,
    location,
    expected: 'each output to be written by one node',
    hint:
      sameStage && node !== other.node
        ? 'put the name of the cell into the path: {{ name }}'
        : 'give one of them another path',
  };
}
