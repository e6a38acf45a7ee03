import { chownSync, rmSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { endOf, openSlurmPrograms } from '../../../fixtures/slurm-programs.ts';

let cluster: ReturnType<typeof openSlurmPrograms>;
afterEach(() => cluster.close());

/** A job of another user, of which Slurm shows nothing. */
async function follow() {
  cluster = openSlurmPrograms();
  const job = cluster.start('first/1');
  await vi.waitFor(() => expect(cluster.journal.list()).toHaveLength(1), 5_000);
  const [entry] = cluster.journal.list();
  const { folder } = cluster.journal.layout.batch(entry?.batch ?? '');
  chownSync(folder, 12_345, 12_345);
  await vi.waitFor(() => expect(cluster.told).toEqual([expect.stringContaining(folder)]), 8_000);
  return { job, folder };
}

// Files of other users can be made by root alone.
const asRoot = test.skipIf(process.getuid?.() !== 0);

asRoot("another user's job that Slurm hides goes on until it leaves its result", async () => {
  const { job } = await follow();
  const killed = { code: null, signal: 'SIGKILL', said: '' } as const;
  const failure = { kind: 'command-ended', end: killed } as const;
  cluster.exit('first/1', { kind: 'ended', result: { kind: 'failed', failure } });
  expect(await job.result).toMatchObject({ failure: { kind: 'command-ended' } });
  expect(cluster.calls('scancel')).toEqual([]);
});

asRoot("another user's job whose folder is gone is lost", async () => {
  const { job, folder } = await follow();
  rmSync(folder, { recursive: true });
  expect(endOf(await job.result)?.kind).toMatch(/lost|unsubmitted/);
});
