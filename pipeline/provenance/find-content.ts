/** Where the files of a result are now: workspace, cache or nowhere. */

import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import type { ObjectStore } from '../cache/objects.ts';
import { isInPlace } from '../cache/restore.ts';
import type { ResultOutput, ResultRecord } from '../cache/results.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import { hashFile } from '../fingerprint/read-content.ts';
import type { Graph, NodeId } from '../graph/types.ts';
import type { StateLayout } from '../system/layout.ts';
import { resolveIn } from '../system/resolve-path.ts';

/** Where some content is to be found: in the workspace, else in the cache, else nowhere any more. */
export interface ContentLocation {
  readonly at: 'workspace' | 'cache' | 'gone';
  /** From the workspace; null where it is gone. */
  readonly path: string | null;
}

/** Finds where the files of results are. */
export class ContentFinder {
  readonly #graphs: readonly Graph[];
  readonly #layout: StateLayout;
  readonly #objects: ObjectStore;
  readonly #files: FileMemo;

  /** @param graphs the pipeline in the profiles that may have made a result */
  constructor(
    graphs: readonly Graph[],
    layout: StateLayout,
    tools: { readonly objects: ObjectStore; readonly files: FileMemo },
  ) {
    this.#graphs = graphs;
    this.#layout = layout;
    this.#objects = tools.objects;
    this.#files = tools.files;
  }

  /** Where an output's content is. In the workspace only content counts, not that a file is there. */
  findOutput({ record }: ResultRecord, name: string, output: ResultOutput): ContentLocation {
    for (const graph of this.#graphs) {
      const declared = graph.nodes.get(record.node as NodeId)?.outputs;
      const path = declared?.find((one) => one.name === name)?.path;
      if (path === undefined) continue;
      if (isInPlace(resolveIn(this.#layout.workspace, path), output, this.#files)) {
        return { at: 'workspace', path };
      }
    }
    return this.#findObject(output.digest);
  }

  /** Where what the stage printed when it made the result is: in the folder of its run, else in the cache. */
  findLog({ record, log, provenance }: ResultRecord): ContentLocation | null {
    if (log === null) return null;
    const path = this.#listLogs(provenance.run, record.node).find((one) => hashFile(one) === log);
    if (path === undefined) return this.#findObject(log);
    return { at: 'workspace', path: this.#relate(path) };
  }

  /** The logs of the attempts at a node in a run, the last first: of those that say the same it counts. */
  #listLogs(run: string, node: string): string[] {
    const paths: string[] = [];
    for (let attempt = 1; ; attempt++) {
      const path = this.#layout.log(run, node, attempt);
      if (!existsSync(path)) return paths.reverse();
      paths.push(path);
    }
  }

  #findObject(digest: Digest): ContentLocation {
    // An edit in place of what is linked to an object reaches the object.
    if (this.#objects.check(digest) !== 'sound') return { at: 'gone', path: null };
    return { at: 'cache', path: this.#relate(this.#objects.path(digest)) };
  }

  #relate(path: string): string {
    return relative(this.#layout.workspace, path);
  }
}
