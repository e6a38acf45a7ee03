/**
 * Running, its outputs: brought to their places in the workspace, and nothing that stands there is
 * lost.
 */

import { join, relative } from 'node:path';
import type { RunHistory } from '../cache/history.ts';
import { holdsOutput } from '../cache/holds-output.ts';
import type { ObjectStore } from '../cache/objects.ts';
import type { Placements } from '../cache/placements.ts';
import { PlaceMistake, replaceAt } from '../cache/replace.ts';
import { readTreeManifest, rememberFiles, unpackOutput } from '../cache/restore.ts';
import type { RestoreFault } from '../cache/restore-tree.ts';
import type { ResultOutput } from '../cache/results.ts';
import { lookAtStanding, type OwnContent, type StandingThing } from '../cache/standing.ts';
import { hashBytes, isDigest } from '../fingerprint/canonical.ts';
import type { ContentId } from '../fingerprint/record.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import type { InspectionTools } from '../inspect/inspect.ts';
import type { PathReader } from '../lease/leases.ts';
import { showName } from '../system/byte-names.ts';
import { isSystemError } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { removeTemporary } from '../system/remove-path.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { RestoreFailure } from './failure.ts';
import { HiddenOverlaps } from './hidden-overlaps.ts';
import { OutputPlaces } from './output-places.ts';
import type { Restored } from './run-services.ts';
import type { WatchedLeases } from './watched-leases.ts';

/** The lease of who replaces what stands at the place of an output. */
export const REPLACING = hashBytes('replace what stands at a place');

/** What restoring takes. */
export interface RestoringTools extends InspectionTools {
  readonly layout: StateLayout;
  readonly leases: WatchedLeases;
  readonly history: RunHistory;
  readonly placements: Placements;
}

/** Brings results to their places in the workspace, and loses nothing that stands there. */
export class OutputRestorer {
  readonly #places: OutputPlaces;
  readonly #overlaps: HiddenOverlaps;
  readonly #runId: string;
  readonly #warn: (node: GraphNode, text: string) => void;
  readonly #tools: RestoringTools;

  /** @param warn told what was found at a place, and where it is kept */
  constructor(
    graph: Graph,
    runId: string,
    warn: (node: GraphNode, text: string) => void,
    tools: RestoringTools,
  ) {
    const { workspace, ignored } = tools;
    this.#places = new OutputPlaces(graph, workspace);
    const resolve = (path: string) => this.#places.resolve(path);
    this.#overlaps = new HiddenOverlaps(graph, workspace, ignored, resolve);
    this.#runId = runId;
    this.#warn = warn;
    this.#tools = tools;
  }

  /** What keeps a node from its inputs or its outputs from their places; asked before it runs. Null where nothing does. */
  findObstacle(node: GraphNode): string | null {
    const { placements, objects } = this.#tools;
    const makesRepository = (path: string) =>
      placements.contentsAt(path).some((content) => holdsRepository(content, objects));
    return this.#places.findObstacle(node, makesRepository) ?? this.#overlaps.find(node);
  }

  /**
   * Brings a result's outputs to their places. Those that are there stay.
   *
   * @param names of the outputs that are wanted there
   * @throws Error for a record that lacks an output; what the user can mend is returned
   */
  async restore(
    node: GraphNode,
    outputs: Readonly<Record<string, ResultOutput>>,
    names: readonly string[] = node.outputs.map(({ name }) => name),
  ): Promise<Restored> {
    let restored = false;
    for (const { name, path } of node.outputs) {
      if (!names.includes(name)) continue;
      const output = outputs[name];
      if (output === undefined) throw new Error(`the record of ${node.id} has no output ${name}`);
      if (holdsOutput(resolveIn(this.#tools.workspace, path), output, this.#tools)) continue;
      const brought = await this.restoreOne(node, name, path, output);
      if (!brought.ok) return brought;
      restored = true;
    }
    return { ok: true, restored };
  }

  /** Whether the cache has all that an output is made of. */
  isCached({ kind, digest }: ResultOutput): boolean {
    return this.#tools.objects.hasAll(digest, kind);
  }

  /**
   * Brings one output of a node to its place, where it is not.
   *
   * @throws what is no error of the system; what the user can mend is returned
   */
  async restoreOne(
    node: GraphNode,
    name: string,
    path: string,
    output: ResultOutput,
  ): Promise<Restored> {
    try {
      const fault = await this.#putInPlace(node, name, path, output);
      if (fault === null) return { ok: true, restored: true };
      const failure: RestoreFailure =
        'holder' in fault
          ? { kind: 'read-elsewhere', path, reader: fault }
          : { kind: 'not-in-cache', path, fault };
      return { ok: false, failure };
    } catch (error) {
      // Its folder is a file, the disk is full, a link leads nowhere: the user's to mend.
      if (!isSystemError(error) && !(error instanceof PlaceMistake)) throw error;
      return { ok: false, failure: { kind: 'not-placed', path, error } };
    }
  }

  async #putInPlace(
    node: GraphNode,
    name: string,
    path: string,
    output: ResultOutput,
  ): Promise<RestoreFault | PathReader | null> {
    const { workspace, layout, leases, objects, files, placements } = this.#tools;
    const target = resolveIn(workspace, path);
    const place = this.#places.resolve(path);
    if (!place.ok) throw new PlaceMistake(place.message);
    const unpacked = await unpackOutput(objects.temporaryPath(), output, objects, target);
    if (!unpacked.ok) return unpacked;
    const content: ContentId = `${output.kind}:${output.digest}`;
    const own = () => this.#ownContents(node, name, path, content);
    const look = () => lookAtStanding(place.real, path, own(), output.mutable ?? [], this.#tools);
    const keep = { folder: layout.kept(this.#runId), run: this.#runId };
    const put = (): string | null => {
      if (holdsOutput(target, output, this.#tools)) {
        removeTemporary(unpacked.path);
        return null;
      }
      let foreign: readonly string[] = [];
      const lookAndNote = () => {
        const standing = look();
        foreign = standing?.foreign ?? [];
        return standing;
      };
      const request = { from: unpacked.path, to: place.real, name: path };
      const kept = replaceAt(request, lookAndNote, keep);
      // Told only once it is so: the run may be killed at any moment.
      placements.note(path, content);
      rememberFiles(target, unpacked, files);
      return kept === null ? null : wordKept(path, foreign, nameFrom(workspace, kept));
    };
    try {
      const standing = look();
      const isOneStep = output.kind !== 'tree' && (standing === null || isKnownFile(standing));
      // What a stage of another process reads stays. Who begins to read after this look finds the lease,
      // and waits; of a file that nobody else can be about to read, one look is enough.
      const isGuarded = standing !== null && (!isOneStep || leases.hasOthers());
      const replace = () => leases.findReader(path) ?? put();
      const done = isGuarded
        ? await leases.hold(REPLACING, replace)
        : // A folder that another process is putting there too would be away for a moment.
          isOneStep
          ? put()
          : await leases.hold(hashBytes(`place ${path}`), put);
      if (done !== null && typeof done !== 'string') return done;
      if (done !== null) this.#warn(node, done);
      return null;
    } finally {
      removeTemporary(unpacked.path);
    }
  }

  /**
   * What runs have put at a path, what comes there now, and what else the node has had as this output. What
   * an output of today replaces may have been several, or in a larger one.
   */
  *#ownContents(
    node: GraphNode,
    name: string,
    path: string,
    coming: ContentId,
  ): Generator<OwnContent> {
    const { placements, history, results } = this.#tools;
    yield { content: coming, path };
    for (const content of placements.contentsAt(path)) yield { content, path };
    // The notes may be lost; a result that another workspace's cache brought has none.
    for (const { fingerprint } of history.ofNode(node.stage.name, node.id, node.cell)) {
      const output = results.read(fingerprint).result?.outputs[name];
      if (output !== undefined) yield { content: `${output.kind}:${output.digest}`, path };
    }
    for (const { path: other, contents } of placements.around(path)) {
      const latest = contents.at(-1);
      if (latest !== undefined) yield { content: latest, path: other };
    }
  }
}

/** Whether a folder that a run has made is a git repository. */
function holdsRepository(content: ContentId, objects: ObjectStore): boolean {
  const [kind, digest] = content.split(':');
  const tree = kind === 'tree' && isDigest(digest) ? readTreeManifest(digest, objects) : null;
  return tree?.files.has('.git/HEAD') === true || tree?.files.has('.git') === true;
}

function isKnownFile({ foreign, known }: StandingThing): boolean {
  return foreign.length === 0 && known.length === 1 && known[0]?.name === '';
}

/** A path from the workspace; one outside of it, to which a link leads, as it is. */
function nameFrom(workspace: string, path: string): string {
  const name = relative(workspace, path);
  return name.startsWith('..') ? path : name;
}

/** How many files a warning names. */
const MOST_NAMED = 3;

function wordKept(path: string, foreign: readonly string[], kept: string): string {
  const names = foreign.map((name) => showName(name === '' ? path : join(path, name)));
  if (foreign.length === 1 && foreign[0] !== undefined) {
    const was = 'was not put there by a run, has changed since, or has gone from the cache';
    return `${names[0]} ${was}; it is kept as ${showName(join(kept, foreign[0]))}`;
  }
  if (names.length === 0) {
    // Another user's, or it came while its place was taken.
    return `${path} could not be removed whole to make place; what was left of it is kept in ${kept}`;
  }
  const rest = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const named = names.slice(0, MOST_NAMED).join(', ');
  return `${named}${rest} were not put there by a run, have changed since, or have gone from the cache; they are kept in ${kept}`;
}
