/** Where outputs go in the workspace, through the user's links, and what is in the way. */

import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { isWritablePath } from '../graph/check-paths.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import { isErrorCode } from '../system/errors.ts';
import { resolveIn } from '../system/resolve-path.ts';

/** Where an output is put, with all links followed; or why it cannot be put there. */
export type OutputPlace =
  | { readonly ok: true; readonly real: string }
  | { readonly ok: false; readonly message: string };

/** The places of a graph's outputs in the workspace, through the links that the user has put there. */
export class OutputPlaces {
  readonly #graph: Graph;
  readonly #workspace: string;
  readonly #realFolders = new Map<string, string>();
  #taken: readonly TakenPlace[] | undefined;

  constructor(graph: Graph, workspace: string) {
    this.#graph = graph;
    this.#workspace = workspace;
  }

  /**
   * Finds where an output is put, or why it cannot be.
   *
   * @param path of an output, from the workspace
   * @throws a system error that links and files in the way do not explain
   */
  resolve(path: string): OutputPlace {
    const place = resolveIn(this.#workspace, path);
    let real: string;
    try {
      real = this.#follow(place);
    } catch (error) {
      if (error instanceof BrokenLink) return { ok: false, message: error.message };
      if (isErrorCode(error, 'ELOOP')) return { ok: false, message: 'a link to itself is there' };
      if (isErrorCode(error, 'ENOTDIR')) return { ok: false, message: wordFile(place, path) };
      throw error;
    }
    if (real === place) return { ok: true, real };
    const target = relative(this.#realOf(this.#workspace), real);
    // Through a link above the workspace, or as it is written.
    if (target === path) return { ok: true, real };
    const objection = this.#objectTo(path, target, real);
    if (objection === null) return { ok: true, real };
    return { ok: false, message: `a link leads from there to ${real}, ${objection}` };
  }

  /**
   * What keeps a node's outputs from being put in their places, as far as can be told before it runs;
   * null where nothing does.
   *
   * @param makesRepository whether runs have put a git repository at the place of an output
   * @throws a system error that links and files in the way do not explain
   */
  findObstacle(node: GraphNode, makesRepository: (path: string) => boolean): string | null {
    for (const { path } of node.outputs) {
      const place = this.resolve(path);
      const obstacle = place.ok
        ? (findForeignRepository(place.real, () => makesRepository(path)) ??
          findClosedFolder(place.real))
        : place.message;
      if (obstacle !== null) return `its output ${path} cannot be put there: ${obstacle}`;
    }
    return null;
  }

  /** The path with all links followed, the last one too, whether anything is at the end of it or not. */
  #follow(place: string): string {
    let at = place;
    for (let links = 0; links < MOST_LINKS; links++) {
      const folder = this.#realOf(dirname(at));
      at = `${folder === sep ? '' : folder}${sep}${at.slice(at.lastIndexOf(sep) + 1)}`;
      if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at;
      const target = resolve(dirname(at), readlinkSync(at));
      if (!existsSync(dirname(target))) {
        const what = `the link ${at} leads to ${target}, whose folder does not exist`;
        throw new BrokenLink(`${what}; make it, or mount the disk that it is on`);
      }
      at = target;
    }
    throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
  }

  /** A folder with all links followed; the part of it that does not exist yet stays as it is. */
  #realOf(folder: string): string {
    const known = this.#realFolders.get(folder);
    if (known !== undefined) return known;
    let real: string;
    try {
      real = realpathSync.native(folder);
      if (!statSync(real).isDirectory()) throw Object.assign(new Error(real), { code: 'ENOTDIR' });
      this.#realFolders.set(folder, real);
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT') || folder === dirname(folder)) throw error;
      const isDangling = lstatSync(folder, { throwIfNoEntry: false }) !== undefined;
      if (isDangling) return this.#follow(folder);
      real = join(this.#realOf(dirname(folder)), folder.slice(folder.lastIndexOf(sep) + 1));
    }
    return real;
  }

  /** Why an output may not be put where links lead; null where it may. */
  #objectTo(path: string, target: string, real: string): string | null {
    const isOutside = target === '..' || target.startsWith(`..${sep}`) || isAbsolute(target);
    if (!isOutside && !isWritablePath(target === '' ? '.' : target)) {
      return target === '' ? 'the workspace itself' : 'which is not for outputs';
    }
    if (isInside(this.#realOf(this.#workspace), real)) return 'which holds the workspace';
    this.#taken ??= this.#listTaken();
    const own = `the output ${path}`;
    const other = this.#taken.find(
      (taken) => taken.what !== own && (isInside(taken.real, real) || isInside(real, taken.real)),
    );
    if (other !== undefined) return `where ${other.what} is`;
    return null;
  }

  /** What the pipeline has in the workspace. */
  #listTaken(): readonly TakenPlace[] {
    const taken: TakenPlace[] = [];
    const add = (path: string, what: string) => {
      try {
        taken.push({ real: this.#follow(resolve(this.#workspace, path)), what });
      } catch {
        // A link to itself, or below a file: whoever uses it tells of that.
      }
    };
    add(this.#graph.spec.source.file, 'the pipeline');
    for (const { action, inputs, outputs, stage } of this.#graph.nodes.values()) {
      if (action.kind === 'module') add(action.module, `the module of ${stage.name}`);
      if (action.kind === 'template') add(action.template, `the template of ${stage.name}`);
      for (const { sources } of inputs) {
        for (const { kind, path } of sources) if (kind === 'file') add(path, `the input ${path}`);
      }
      for (const { path } of outputs) add(path, `the output ${path}`);
    }
    return taken;
  }
}

/** Something of the pipeline's, and where it is with all links followed. */
interface TakenPlace {
  readonly real: string;
  readonly what: string;
}

/** A link to a place that cannot be made. */
class BrokenLink extends Error {}

/** As many as Linux follows. */
const MOST_LINKS = 40;

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === sep ? sep : `${folder}${sep}`);
}

/** A repository that no stage made is not moved aside: it is too likely that the output is a mistake. */
function findForeignRepository(real: string, isMade: () => boolean): string | null {
  const isRepository =
    lstatSync(real, { throwIfNoEntry: false })?.isDirectory() && existsSync(join(real, '.git'));
  if (!isRepository || isMade()) return null;
  return 'a git repository is there; move it away, or give the output another path';
}

function findClosedFolder(real: string): string | null {
  const standing = lstatSync(real, { throwIfNoEntry: false });
  let folder = dirname(real);
  let stats: Stats | undefined;
  for (; ; folder = dirname(folder)) {
    stats = statSync(folder, { throwIfNoEntry: false });
    if (stats !== undefined) break;
  }
  if (!stats.isDirectory()) return `${folder} is a file and would have to be a folder`;
  if (mayWrite(folder) || (standing?.isDirectory() && mayWrite(real))) return null;
  return `the folder ${folder} may not be written to`;
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function wordFile(place: string, path: string): string {
  const steps = path.split('/');
  const root = place.slice(0, place.length - path.length);
  const above = steps.map((_, i) => steps.slice(0, i + 1).join('/'));
  const file = above.find(
    (at) => !statSync(join(root, at), { throwIfNoEntry: false })?.isDirectory(),
  );
  return `${file ?? dirname(path)} is a file and would have to be a folder`;
}
