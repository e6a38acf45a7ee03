/** A past run, with what is kept of what its nodes gave. */

import { KeptContent } from '../cache/kept-content.ts';
import { ObjectStore } from '../cache/objects.ts';
import type { JsonObject } from '../contract/values.ts';
import { digestOf } from '../fingerprint/path-content.ts';
import type { ContentId } from '../fingerprint/record.ts';
import { ParamsReader } from '../inspect/params-reader.ts';
import type { StateLayout } from '../system/layout.ts';
import { type KeptRun, type RunAccount, readAccount } from './account.ts';
import { type NodeResult, readRunResults } from './run-results.ts';

/** A past run, opened for comparing it. */
export interface RunSide {
  readonly account: RunAccount;
  readonly nodes: ReadonlyMap<string, NodeResult>;
  readonly objects: ObjectStore;
  readonly kept: KeptContent;
  /** The parameters in a file; null where it is not kept, or holds none. */
  readonly readParams: (content: ContentId) => JsonObject | null;
}

/** Opens a run: its log, and the store in which its results are. */
export function openRunSide(run: KeptRun, layout: StateLayout): RunSide {
  const own = run.isPilot ? layout.pilot : layout;
  const objects = new ObjectStore(own);
  const params = new ParamsReader(layout.workspace, objects, own.memo('params'), Date.now);
  return {
    account: readAccount(run, layout),
    nodes: readRunResults(run, layout),
    objects,
    kept: new KeptContent(objects),
    readParams: (content) => {
      const digest = digestOf(content, 'file');
      if (digest === null || objects.check(digest) !== 'sound') return null;
      const read = params.read({ kind: 'file', path: '' }, content, []);
      return read.ok ? read.value : null;
    },
  };
}
