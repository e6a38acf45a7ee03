/** Inspection, what is recalled: whether the files of nodes are as they were. */

import { type Stats, statSync } from 'node:fs';
import { isInPlace } from '../cache/restore.ts';
import type { ResultOutput } from '../cache/results.ts';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import { contentId, hasContent, type PathContent } from '../fingerprint/path-content.ts';
import type { GraphNode } from '../graph/types.ts';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import { isSystemError } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { RecallTable } from './recall-table.ts';

/** What looking at files takes. */
export interface RecallLookTools {
  readonly layout: StateLayout;
  readonly files: FileMemo;
  /** What in folders does not count. */
  readonly ignored: IgnoreRules;
}

/** One look at the files of nodes; each file is looked at once. */
export class RecallLook {
  readonly #table: RecallTable;
  readonly #tools: RecallLookTools;
  /** Of each path: 0 not looked at, 1 the same, 2 not. */
  readonly #seen: Uint8Array;

  constructor(table: RecallTable, tools: RecallLookTools) {
    this.#table = table;
    this.#tools = tools;
    this.#seen = new Uint8Array(table.pathCount);
  }

  /** Whether a node's own paths and its result record are as they were. */
  isSame(place: number, node: GraphNode): boolean {
    for (const reference of this.#table.pathsOf(place)) {
      if (this.#seen[reference] === 0) {
        this.#seen[reference] = this.#holdsContent(reference, node) ? 1 : 2;
      }
      if (this.#seen[reference] === 2) return false;
    }
    const record = this.#tools.layout.result(this.#table.fingerprintAt(place));
    const stats: Stats | undefined = statSync(record, { throwIfNoEntry: false });
    if (stats === undefined || !this.#table.hasStamp(place, stats)) return false;
    return !this.#table.hasMutable(place) || this.#hasBlocksInPlace(place, node);
  }

  #holdsContent(reference: number, node: GraphNode): boolean {
    const { files, ignored, layout } = this.#tools;
    const name = this.#table.pathAt(reference);
    const path = resolveIn(layout.workspace, name);
    const kind = this.#table.kindAt(reference);
    const digest = this.#table.digestAt(reference);
    try {
      const known = kind === 'tree' ? undefined : files.recall(path, kind);
      if (known !== undefined) return known === digest;
      const expected = `${kind}:${digest}`;
      if (holds(files.read(path, ignored.below(path)), expected)) return true;
      // Of an output all that the stage wrote counts, whatever is ignored.
      const isOutput = node.outputs.some((output) => output.path === name);
      return kind === 'tree' && isOutput && holds(files.read(path), expected);
    } catch (error) {
      // Who inspects the node tells of it.
      if (isSystemError(error)) return false;
      throw error;
    }
  }

  /** Outputs of which some keys do not count are compared by what is left of them. */
  #hasBlocksInPlace(place: number, node: GraphNode): boolean {
    const { files, layout } = this.#tools;
    const outputs = parseOutputs(this.#table, place);
    return node.outputs.every(({ name, path }) => {
      const output = outputs[name];
      if (output?.mutable === undefined) return output !== undefined;
      return isInPlace(resolveIn(layout.workspace, path), output, files);
    });
  }
}

function holds(content: PathContent, expected: string): boolean {
  return hasContent(content) && contentId(content) === expected;
}

/** The outputs of the result in a row. */
export function parseOutputs(
  table: RecallTable,
  place: number,
): Readonly<Record<string, ResultOutput>> {
  return JSON.parse(table.outputsAt(place)) as Readonly<Record<string, ResultOutput>>;
}
