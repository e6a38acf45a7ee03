/** Runs the download stage in a temporary workspace and looks at what it leaves. */

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { StageEvent } from '../../../pipeline/contract/stage.ts';
import type { JsonObject } from '../../../pipeline/contract/values.ts';
import { run } from '../../../stages/download/download.ts';
import { TRANSFER_LIMITS, type TransferLimits } from '../../../stages/download/transfer.ts';
import { $ } from '../../fixtures/shell.ts';

/** The shipped limits, but for waits that a test need not sit out. */
const TEST_LIMITS: TransferLimits = { ...TRANSFER_LIMITS, backoffMs: 1 };

/** A workspace, in which the stage may run several times. */
export interface Workspace {
  readonly root: string;
  readonly workspace: string;
  readonly scratch: string;
  readonly records: string;
  readonly events: StageEvent[];
  readonly remove: () => Promise<void>;
  /** Runs the stage. `dataset` is merged into parameters that are all null. */
  readonly run: (dataset: JsonObject, options?: RunOptions) => Promise<void>;
  /** Runs it and gives the message of the failure that it must end in. */
  readonly fail: (dataset: JsonObject, options?: RunOptions) => Promise<string>;
  /** Files under the scratch and output folders, relative to the root, sorted. */
  readonly leftovers: () => Promise<string[]>;
  /** The texts of the messages so far. */
  readonly messages: () => string[];
}

interface RunOptions {
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<TransferLimits>;
  readonly onEvent?: (event: StageEvent) => void;
}

export async function openWorkspace(): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'download-'));
  const workspace = join(root, 'workspace');
  const scratch = join(root, 'scratch');
  const records = join(root, 'outputs', 'records');
  await Promise.all([workspace, scratch, join(root, 'outputs')].map((path) => mkdir(path)));
  const events: StageEvent[] = [];
  const start = (dataset: JsonObject, options: RunOptions = {}) =>
    run(
      {
        schema: 1,
        node: 'download',
        cell: {},
        params: { dataset: { mirrors: null, md5: null, url: null, sha256: null, ...dataset } },
        inputs: {},
        outputs: { records },
        previous: null,
        scratch,
        workspace,
        cpus: 1,
        memory: null,
        gpus: 0,
        cpusNow: () => 1,
        offline: options.offline ?? false,
        signal: options.signal ?? new AbortController().signal,
        $,
        emit: (event) => {
          events.push(event);
          options.onEvent?.(event);
        },
      },
      { ...TEST_LIMITS, ...options.limits },
    );
  return {
    root,
    workspace,
    scratch,
    records,
    events,
    remove: () => rm(root, { recursive: true, force: true }),
    run: start,
    fail: async (dataset, options) => {
      const error = await start(dataset, options).then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error instanceof Error && error.name === 'StageFailure') return error.message;
      throw new Error('expected a StageFailure', { cause: error });
    },
    leftovers: async () => [
      ...(await listFiles(root, scratch)),
      ...(await listFiles(root, join(root, 'outputs'))),
    ],
    messages: () => events.flatMap((event) => (event.type === 'message' ? [event.text] : [])),
  };
}

async function listFiles(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => relative(root, join(entry.parentPath, entry.name))).sort();
}
