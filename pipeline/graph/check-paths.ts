import { posix } from 'node:path';
import type { Diagnostic } from '../spec/diagnostic.ts';
import type { PipelineSpec } from '../spec/types.ts';
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
  for (const node of nodes) {
    for (const output of node.outputs) {
      const other = owners.get(output.path);
      if (other === undefined) owners.set(output.path, { node, output });
      else diagnostics.push(describeOverlap(node, output, other, locate(node, output)));
    }
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
        const { stage } = owner.node;
        diagnostics.push({
          code: 'missing-input',
          message: `the input "${input.name}" of ${node.id} is made by ${owner.node.id}: ${source.path}`,
          location: spec.source.locate(['stages', node.stage.name, 'inputs', input.name]),
          expected: 'a reference to that stage, so that it runs first',
          hint: `write { from: ${stage.name}, output: ${owner.output.name} }`,
        });
      }
    }
  }
  return [...diagnostics, ...findReplacedFiles(spec, nodes)];
}

/** Outputs at, above or inside the files that the pipeline itself is made of. */
function findReplacedFiles(spec: PipelineSpec, nodes: readonly GraphNode[]): Diagnostic[] {
  const own = new Map([[spec.source.file, 'the pipeline itself']]);
  for (const { stage, inputs } of nodes) {
    const { action } = stage;
    if (action.kind === 'module')
      own.set(normalizePath(action.module), `the module of ${stage.name}`);
    if (action.kind === 'template') {
      own.set(normalizePath(action.template), `the template of ${stage.name}`);
    }
    for (const { name, sources } of inputs) {
      for (const { kind, path } of sources) {
        if (kind === 'file') own.set(path, `the input "${name}" of ${stage.name}`);
      }
    }
  }
  const ownFolders = new Map(
    [...own].flatMap(([path, what]) => parentsOf(path).map((folder) => [folder, what])),
  );
  return nodes.flatMap((node) =>
    node.outputs.flatMap(({ name, path }): Diagnostic[] => {
      const replaced = own.get(path) ?? ownFolders.get(path);
      const inside = parentsOf(path).find((folder) => own.has(folder));
      if (replaced === undefined && inside === undefined) return [];
      return [
        {
          code: 'duplicate-output',
          message:
            replaced === undefined
              ? `the output ${path} of ${node.id} lies in ${own.get(inside ?? '')}, which it would change`
              : `the output ${path} of ${node.id} would replace ${replaced}`,
          location: spec.source.locate(['stages', node.stage.name, 'outputs', name]),
          expected: 'a path that holds nothing but this output',
          hint: 'give it another path',
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
