import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type ResultRecord, ResultStore } from '../../../pipeline/cache/results.ts';
import { scrubCache } from '../../../pipeline/cache/scrub.ts';
import { collectGarbage } from '../../../pipeline/session/collect-garbage.ts';
import { StateLayout } from '../../../pipeline/system/layout.ts';
import { loadFirst, makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const injector = fileURLToPath(new URL('../../fixtures/inject-fault.mjs', import.meta.url));

/** A template with a mutable block, a folder with equal files, a volatile output, a lineage. */
const files = {
  'pipeline.yaml': `version: 1
params: { epochs: 2 }
stages:
  config: { template: config.njk, outputs: { o: { path: config.yaml, mutable: [state] } } }
  tree:
    command: "mkdir -p {{ outputs.folder }}/deep && echo {{ epochs }} | tee {{ outputs.folder }}/a > {{ outputs.folder }}/deep/b && echo c > {{ outputs.folder }}/c && date +%N > {{ outputs.time }}"
    params: [epochs]
    extends: epochs
    inputs: { config: { from: config, output: o } }
    outputs: { folder: out/tree, time: { path: out/time, volatile: true } }
`,
  'config.njk': 'epochs: {{ epochs }}\n',
};

/** How a call goes wrong: see `inject-fault.mjs`. */
export const faultKinds = ['exit', 'torn', 'ENOSPC', 'EIO'] as const;

/** One thing that goes wrong. */
export interface Fault {
  readonly kind: (typeof faultKinds)[number];
  /** Where the run starts: from nothing, or from a full cache with all outputs gone. */
  readonly start: 'nothing' | 'cache';
  /** Which of the calls that change a file. */
  readonly call: number;
}

/** Runs without a fault to compare with, and how many calls each start makes. */
export interface Undisturbed {
  readonly results: Readonly<Record<string, unknown>>;
  readonly workspace: Workspace;
  readonly calls: Readonly<Record<Fault['start'], number>>;
}

export async function runUndisturbed(): Promise<Undisturbed> {
  const workspace = makeWorkspace(files);
  const nothing = await countCalls(workspace);
  const results = readResults(workspace);
  for (const path of ['out', 'config.yaml']) workspace.remove(path);
  // In a copy, as the disturbed runs are: there each memo of files is out of date.
  const copy = copyState(workspace);
  const cache = await countCalls(copy);
  copy.dispose();
  return { results, workspace, calls: { nothing, cache } };
}

/** How many calls a run makes that change a file. */
async function countCalls(workspace: Workspace): Promise<number> {
  const log = join(workspace.path, 'calls');
  await workspace.run([], { env: { ...injection(workspace, 'none', 0), FAULT_LOG: log } });
  return readCalls(log);
}

function readCalls(log: string): number {
  return readFileSync(log, 'utf8').trim().split('\n').length;
}

/** A workspace with another one's full cache, and no outputs. */
function copyState(from: Workspace): Workspace {
  const workspace = makeWorkspace(files);
  const state = '.pipeline';
  cpSync(join(from.path, state), join(workspace.path, state), { recursive: true });
  return workspace;
}

/** Every fault that can be injected, in order. */
export function listFaults({ calls }: Undisturbed): Fault[] {
  return (['nothing', 'cache'] as const).flatMap((start) =>
    faultKinds.flatMap((kind) =>
      Array.from({ length: calls[start] }, (_, i) => ({ kind, start, call: i + 1 })),
    ),
  );
}

/** Lets a run go wrong, and holds the next one to the undisturbed results. */
export async function checkFault(fault: Fault, undisturbed: Undisturbed): Promise<void> {
  const workspace =
    fault.start === 'cache' ? copyState(undisturbed.workspace) : makeWorkspace(files);
  const { kind, call } = fault;
  const log = join(workspace.path, 'calls');
  const disturbed = await workspace.run([], {
    env: { ...injection(workspace, kind, call), FAULT_LOG: log },
  });
  await workspace.untilDeserted();
  expect(disturbed.stdout + disturbed.stderr, 'no stack trace').not.toMatch(/^ +at .*:\d+\)?$/m);
  // Events that come at once are logged by one call: a busy machine makes a call or two more, or fewer.
  const struck = readCalls(log) >= call;
  if (!struck) expect(disturbed).toMatchObject({ code: 0, failed: 0 });
  else if (kind === 'exit' || kind === 'torn') expect(disturbed.signal).toBe('SIGKILL');
  else expect([0, 1, 2], disturbed.stderr).toContain(disturbed.code);
  const again = await workspace.run();
  expect({ ...again, stdout: '' }).toMatchObject({ code: 0, failed: 0, stderr: '' });
  expect(readResults(workspace)).toEqual(undisturbed.results);
  const layout = new StateLayout(workspace.path, 'owner');
  expect((await scrubCache(layout, new ResultStore(layout))).faults).toEqual([]);
  await collectGarbage(
    { directory: workspace.path },
    { days: 30, limit: null, isDry: false },
    { workerPath: join(workspace.path, 'builds/current/worker.mjs') },
  );
  expect(workspace.names('.pipeline/tmp')).toEqual([]);
  expect(workspace.names('.pipeline/leases')).toEqual([]);
  expect(workspace.list('.pipeline').filter((path) => path.endsWith('.tmp'))).toEqual([]);
  workspace.dispose();
}

function injection(workspace: Workspace, kind: string, call: number): Record<string, string> {
  return {
    ...loadFirst(injector),
    FAULT_ROOT: workspace.path,
    FAULT: `${kind}:${call}`,
  };
}

/** By fingerprint what each result is, and what stands in the workspace. */
function readResults(workspace: Workspace): Record<string, unknown> {
  const records = workspace.list('.pipeline/cache/actions').map((path) => {
    const { fingerprint, outputs } = JSON.parse(workspace.read(path)) as ResultRecord;
    const fixed = Object.entries(outputs).filter(([, output]) => !output.volatile);
    return [fingerprint, fixed] as const;
  });
  const texts = ['config.yaml', ...workspace.list('out/tree')].map(
    (path) => [path, workspace.read(path)] as const,
  );
  return Object.fromEntries([...records, ...texts]);
}
