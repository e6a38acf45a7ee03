/** What a stage was seen to read → what stands there now, in the form that a fingerprint record holds. */

import { type Dirent, readdirSync } from 'node:fs';
import { explorationsFolder, plainPath } from '../graph/place-apart.ts';
import type { Graph } from '../graph/types.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { resolveIn } from '../system/resolve-path.ts';
import { hashBytes } from './canonical.ts';
import { contentId, hasContent } from './path-content.ts';
import type { InputTools } from './read-input.ts';
import type { FoundStates } from './record.ts';

/** The state of a path at which nothing is. */
export const NOTHING_THERE = 'none';

/**
 * What stands at some paths now.
 *
 * @param keys as records have them: a folder of which the names count ends with `/`
 * @throws a system error that is not about what stands there, such as too many open files
 */
export function readStates(keys: readonly string[], graph: Graph, tools: InputTools): FoundStates {
  return Object.fromEntries(keys.map((key) => [key, readState(key, graph, tools)]));
}

/** What stands at one of them; see {@link readStates}. */
export function readState(key: string, graph: Graph, tools: InputTools): string {
  return isListing(key) ? readNames(key.slice(0, -1), graph, tools) : readPath(key, tools);
}

/** Whether a key stands for the names in a folder. */
function isListing(key: string): boolean {
  return key.endsWith('/');
}

function readPath(path: string, { workspace, files }: InputTools): string {
  const target = resolveIn(workspace, path);
  const kind = files.kindOf(target);
  if (kind !== 'file') return kind === 'none' ? NOTHING_THERE : kind;
  const content = files.read(target);
  return hasContent(content) ? contentId(content) : content.kind;
}

/** The names in a folder, but for what does not count, and outputs: whether they are there tells what has run. */
function readNames(folder: string, graph: Graph, { workspace, ignored }: InputTools): string {
  let entries: readonly Dirent[];
  try {
    entries = readdirSync(resolveIn(workspace, folder), { withFileTypes: true });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return isErrorCode(error, 'ENOENT', 'ENOTDIR') ? NOTHING_THERE : 'unreadable';
  }
  const rules = ignored.below(workspace);
  const places = listPlaces(graph);
  const names = entries.flatMap((entry) => {
    const path = joinPath(folder, entry.name);
    const isFolder = entry.isDirectory();
    if (places.has(path) || rules.skips(path, isFolder)) return [];
    return [isFolder ? `${entry.name}/` : entry.name];
  });
  return `names:${hashBytes(names.sort().join('\n'))}`;
}

/** A path in a folder, from the workspace. */
export function joinPath(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}

const known = new WeakMap<Graph, ReadonlySet<string>>();

/** The places of a graph's outputs, in the workspace itself too, of explorations, and the folders that lead there. */
export function listPlaces(graph: Graph): ReadonlySet<string> {
  let places = known.get(graph);
  if (places === undefined) {
    const explorations = explorationsFolder(graph.spec);
    const paths = [...graph.nodes.values()].flatMap((node) =>
      node.outputs.flatMap(({ path }) => [path, plainPath(path, node)]),
    );
    places = new Set([...paths, ...(explorations === null ? [] : [explorations])].flatMap(wayTo));
    known.set(graph, places);
  }
  return places;
}

function wayTo(path: string): string[] {
  const steps = path.split('/');
  return steps.map((_, i) => steps.slice(0, i + 1).join('/'));
}
