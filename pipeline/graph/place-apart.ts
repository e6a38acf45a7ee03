/** `--as`: the outputs of a graph in a folder of their own, so that an exploration overwrites nothing. */

import { type Diagnostic, locateArgument, type Result } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import { isWritablePath, normalizePath } from './check-paths.ts';
import { relinkNode } from './relink-node.ts';
import type { GraphNode, NodeId } from './types.ts';

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;

/** The folder of explorations, from the workspace, without `./` and the like; null for none. */
export function explorationsFolder({
  explorations,
}: Pick<PipelineSpec, 'explorations'>): string | null {
  return explorations === null ? null : normalizePath(explorations);
}

/** Checks that the folder of explorations is one that the pipeline may write. */
export function checkExplorations({ explorations, source }: PipelineSpec): Diagnostic[] {
  if (explorations === null || isExplorable(explorations)) return [];
  return [
    {
      code: 'outside-workspace',
      message: `explorations cannot stand in "${explorations}"`,
      location: source.locate(['explorations']),
      expected: 'a folder inside the workspace, without variables, and not in .pipeline or .git',
    },
  ];
}

/**
 * The folder, from the workspace and with a slash at its end, that an exploration has its outputs in.
 *
 * @param name as it was typed behind `--as`; undefined for none, whose folder is the workspace: the empty text
 */
export function findExplorationFolder(
  spec: Pick<PipelineSpec, 'explorations'>,
  name: string | undefined,
): Result<string> {
  if (name === undefined) return { ok: true, value: '' };
  const location = locateArgument(`--as ${name}`);
  const explorations = explorationsFolder(spec);
  if (explorations === null) {
    const diagnostic: Diagnostic = {
      code: 'missing-key',
      message: 'pipeline.yaml does not say where explorations stand',
      location,
      expected: 'the key explorations, a folder, beside stages',
      hint: 'add "explorations: explorations", and that folder to .gitignore',
    };
    return { ok: false, diagnostics: [diagnostic] };
  }
  if (!isExplorationName(name)) {
    const message = `"${name}" cannot be the name of an exploration`;
    const expected = 'the name of a folder: letters, digits, dots, _ and -';
    return { ok: false, diagnostics: [{ code: 'bad-argument', message, location, expected }] };
  }
  return { ok: true, value: `${explorations}/${name}/` };
}

/** Where a path of a node, of one in an exploration too, stands or would stand in the workspace itself. */
export function plainPath(path: string, { apart }: Pick<GraphNode, 'apart'>): string {
  return path.startsWith(apart) ? path.slice(apart.length) : path;
}

/** Whether a name can be that of an exploration. */
export function isExplorationName(name: string): boolean {
  return NAME.test(name);
}

/** Nodes, by name, with their outputs in a folder, and what they read of one another there too. */
export function placeApart(
  nodes: ReadonlyMap<NodeId, GraphNode>,
  folder: string,
): ReadonlyMap<NodeId, GraphNode> {
  if (folder === '') return nodes;
  return new Map([...nodes].map(([id, node]) => [id, relinkNode(node, moveInto(node, folder))]));
}

/** The links of a node with a folder before every path that a node writes. */
export function moveInto(
  { inputs, outputs }: Pick<GraphNode, 'inputs' | 'outputs'>,
  folder: string,
): Pick<GraphNode, 'inputs' | 'outputs' | 'apart'> {
  return {
    inputs: inputs.map((input) => ({
      ...input,
      sources: input.sources.map((source) =>
        source.kind === 'output' ? { ...source, path: `${folder}${source.path}` } : source,
      ),
    })),
    outputs: outputs.map((output) => ({ ...output, path: `${folder}${output.path}` })),
    apart: folder,
  };
}

function isExplorable(folder: string): boolean {
  return isWritablePath(normalizePath(folder)) && !folder.includes('{{');
}
