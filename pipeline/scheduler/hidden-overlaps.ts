/** Before an attempt: inputs and outputs that are one thing by way of links. */

import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Graph, GraphNode, NodeOutput } from '../graph/types.ts';
import { wordIgnoring } from '../ignore/check-patterns.ts';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import { isSystemError } from '../system/errors.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { OutputPlace } from './output-places.ts';

/** An output, and the node that makes it. */
interface MadePath {
  readonly node: GraphNode;
  readonly output: NodeOutput;
}

/** Of so many inputs in one folder, one look at the folder costs less than one at each of them. */
const WORTH_LISTING = 16;
const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * Finds inputs and outputs that are the same thing, or of which one is in the other, where their paths
 * do not tell: links lead there, or an input is a folder above the workspace. (What paths tell is a
 * mistake of `pipeline.yaml`.)
 */
export class HiddenOverlaps {
  readonly #graph: Graph;
  readonly #workspace: string;
  readonly #ignored: IgnoreRules;
  readonly #resolve: (path: string) => OutputPlace;
  #root: string | null | undefined;
  /** Real path of a folder that is read → its path from the workspace. */
  #read: ReadonlyMap<string, string> | undefined;
  #made: ReadonlyMap<string, MadePath> | undefined;

  /** @param resolve where an output is put, with all links followed */
  constructor(
    graph: Graph,
    workspace: string,
    ignored: IgnoreRules,
    resolve: (path: string) => OutputPlace,
  ) {
    this.#graph = graph;
    this.#workspace = workspace;
    this.#ignored = ignored;
    this.#resolve = resolve;
  }

  /** Why a node would not do what its declaration says, and what to write; null where it would. */
  find(node: GraphNode): string | null {
    return this.#findMadeInput(node) ?? this.#findReadOutput(node);
  }

  /** An input that is made by a stage, for which it would not wait. */
  #findMadeInput({ inputs, upstream }: GraphNode): string | null {
    for (const { name, sources } of inputs) {
      for (const { kind, path } of sources) {
        if (kind !== 'file') continue;
        const real = realOf(resolveIn(this.#workspace, path));
        this.#root ??= realOf(this.#workspace);
        if (real === null || this.#root === null || real === join(this.#root, path)) continue;
        this.#made ??= this.#listMade();
        const found = findAtOrAbove(real, this.#made);
        if (found === undefined || upstream.includes(found.thing.node.id)) continue;
        const { node, output } = found.thing;
        return `its input ${name} (${path}) leads to ${output.path}, which ${node.id} makes: write { from: ${node.stage.name}, output: ${output.name} }, so that it waits for that`;
      }
    }
    return null;
  }

  /** An output that lies in an input, which it would change. */
  #findReadOutput({ outputs }: GraphNode): string | null {
    this.#read ??= this.#listRead();
    for (const { path } of outputs) {
      const place = this.#resolve(path);
      const found = place.ok ? findAtOrAbove(dirname(place.real), this.#read) : undefined;
      if (!place.ok || found === undefined) continue;
      const folder = found.thing;
      const inner = relative(found.at, place.real);
      if (this.#ignored.below(resolveIn(this.#workspace, folder)).covers(inner)) continue;
      return `its output ${path} lies in ${folder}, ${this.#nameReader(folder)}, which it would change: give it another path, or leave it out of that: ${wordIgnoring(folder, inner)}`;
    }
    return null;
  }

  /** The first input that is a path, as a user would name it. */
  #nameReader(path: string): string {
    for (const { stage, inputs } of this.#graph.nodes.values()) {
      const input = inputs.find(({ sources }) =>
        sources.some((source) => source.kind === 'file' && source.path === path),
      );
      if (input !== undefined) return `the input "${input.name}" of ${stage.name}`;
    }
    return 'an input';
  }

  #listRead(): ReadonlyMap<string, string> {
    const read = new Map<string, string>();
    for (const path of this.#keepFolders(this.#graph.fileInputs)) {
      const real = realOf(resolveIn(this.#workspace, path));
      if (real !== null) read.set(real, path);
    }
    return read;
  }

  /** Leaves out files, of which there may be many, and none of which has an output in it. */
  *#keepFolders(paths: Iterable<string>): Iterable<string> {
    const byParent = new Map<string, string[]>();
    for (const path of paths) {
      const parent = dirname(path);
      const siblings = byParent.get(parent);
      if (siblings === undefined) byParent.set(parent, [path]);
      else siblings.push(path);
    }
    for (const [parent, siblings] of byParent) {
      const files =
        siblings.length < WORTH_LISTING ? NO_NAMES : listFiles(resolveIn(this.#workspace, parent));
      for (const path of siblings) {
        if (!files.has(basename(path)) && isFolder(resolveIn(this.#workspace, path))) yield path;
      }
    }
  }

  #listMade(): ReadonlyMap<string, MadePath> {
    const made = new Map<string, MadePath>();
    for (const node of this.#graph.nodes.values()) {
      for (const output of node.outputs) {
        const place = this.#resolve(output.path);
        if (place.ok) made.set(place.real, { node, output });
      }
    }
    return made;
  }
}

function findAtOrAbove<T>(
  path: string,
  things: ReadonlyMap<string, T>,
): { readonly at: string; readonly thing: T } | undefined {
  for (let at = path; ; at = dirname(at)) {
    const thing = things.get(at);
    if (thing !== undefined) return { at, thing };
    if (at === dirname(at)) return undefined;
  }
}

/** The names of regular files; none where nobody may look. */
function listFiles(folder: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return NO_NAMES;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/** Null where nothing is, or nobody may look. */
function realOf(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return null;
  }
}
