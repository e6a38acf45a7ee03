import { afterEach, expect, test, vi } from 'vitest';
import { endOf, openSlurmPrograms } from '../../../fixtures/slurm-programs.ts';

let cluster: ReturnType<typeof openSlurmPrograms>;
afterEach(() => cluster.close());

const QUEUED = 'echo "7_[0-1]|PENDING|Resources|"; echo "8|PENDING|Resources|"';
const UNTIL_GO = 'while [ ! -e go ]; do sleep 0.05; done; echo 7';

test('a task that is stopped while others are being submitted is neither written down nor submitted', async () => {
  cluster = openSlurmPrograms();
  cluster.write('squeue', QUEUED);
  cluster.write('sbatch', UNTIL_GO);
  const first = [cluster.start('first/1'), cluster.start('first/2')];
  const later = [cluster.start('first/3'), cluster.start('second/1')];
  await vi.waitFor(() => expect(cluster.calls('sbatch')).toHaveLength(1), 5_000);
  // Their leases are lost: another process has begun the same work.
  for (const execution of later) execution.stop();
  for (const { result } of later) expect((await result).kind).toBe('failed');
  cluster.release('go');
  for (const execution of first) execution.stop();
  for (const { result } of first) expect(await result).toEqual({ kind: 'detached' });
  const kept = cluster.journal.list().map(({ node }) => node);
  expect(kept.sort()).toEqual(['first/1', 'first/2']);
  expect(cluster.calls('sbatch')).toHaveLength(1);
});

test('who loses a lease leaves the question of Ctrl-C open', async () => {
  cluster = openSlurmPrograms(async () => 'cancel');
  cluster.write('squeue', QUEUED);
  const [lost, kept] = [cluster.start('first/1'), cluster.start('second/1')];
  await vi.waitFor(() => expect(cluster.calls('squeue').length).toBeGreaterThan(0), 5_000);
  lost.stop();
  expect(await lost.result).toEqual({ kind: 'detached' });
  cluster.interruption.abort();
  kept.stop();
  await vi.waitFor(() => expect(cluster.calls('scancel')).toEqual(['scancel 7']), 5_000);
  cluster.exit('second/1', { kind: 'stopped', isTimeUp: false });
  expect(await kept.result).toMatchObject({ failure: { kind: 'stopped-early' } });
});

test('an error in a later array of a kind leaves those alone that Slurm has taken', async () => {
  cluster = openSlurmPrograms();
  cluster.write('squeue', QUEUED);
  const entry = cluster.journal.layout.entry(cluster.fingerprintOf('first/3'));
  // Where its entry is to be, something else stands.
  cluster.write('sbatch', `mkdir -p '${entry}/x'; echo 7`);
  const [a, b, c] = ['first/1', 'first/2', 'first/3'].map(cluster.start);
  expect(endOf(await c?.result)?.kind).toBe('refused');
  for (const execution of [a, b]) execution?.stop();
  for (const execution of [a, b]) expect(await execution?.result).toEqual({ kind: 'detached' });
});
