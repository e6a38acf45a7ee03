import { afterEach, expect, test, vi } from 'vitest';
import { endOf, openSlurmPrograms } from '../../../fixtures/slurm-programs.ts';

let cluster: ReturnType<typeof openSlurmPrograms>;
afterEach(() => cluster.close());

const QUEUED = 'echo "7_[0-1]|PENDING|Resources|"; echo "8|PENDING|Resources|"';
const DENIED =
  'echo "scancel: error: Kill job error on job id 7: Access/permission denied" >&2; exit 1';
const UNTIL_GO = 'while [ ! -e go ]; do sleep 0.05; done; echo 7';

test('a task that is stopped while others are being submitted is neither written down nor submitted', async () => {
  cluster = openSlurmPrograms();
  cluster.write('squeue', QUEUED);
  cluster.write('sbatch', UNTIL_GO);
  const first = [cluster.start('first/1'), cluster.start('first/2')];
  const later = [cluster.start('first/3'), cluster.start('second/1')];
  const wanted = cluster.start('second/2');
  await vi.waitFor(() => expect(cluster.calls('sbatch')).toHaveLength(1), 5_000);
  // Their leases are lost: another process has begun the same work.
  for (const execution of later) execution.stop();
  for (const { result } of later) expect((await result).kind).toBe('failed');
  cluster.release('go');
  const last = cluster.fingerprintOf('second/2');
  await vi.waitFor(() => expect(cluster.journal.find(last)).not.toBeNull(), 5_000);
  await vi.waitFor(() => expect(cluster.calls('sbatch')).toHaveLength(2), 5_000);
  for (const { node, batch } of cluster.journal.list()) {
    expect(['first/1', 'first/2', 'second/2']).toContain(node);
    await vi.waitFor(() => expect(cluster.journal.idOf(batch)).toBe('7'), 5_000);
  }
  for (const execution of [...first, wanted]) execution.stop();
  for (const { result } of [...first, wanted]) expect(await result).toEqual({ kind: 'detached' });
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

test('a job whose cancelling had no answer is cancelled again', async () => {
  cluster = openSlurmPrograms(async () => 'cancel');
  cluster.write('squeue', QUEUED);
  cluster.write('scancel', '[ -e asked ] || { touch asked; echo "Socket timed out" >&2; exit 1; }');
  const job = cluster.start('first/1');
  await vi.waitFor(() => expect(cluster.calls('squeue').length).toBeGreaterThan(0), 5_000);
  cluster.interruption.abort();
  job.stop();
  await vi.waitFor(() => expect(cluster.calls('scancel')).toHaveLength(2), 5_000);
  cluster.exit('first/1', { kind: 'stopped', isTimeUp: false });
  expect(await job.result).toMatchObject({ failure: { kind: 'stopped-early' } });
});

test('a job that may not be cancelled is left, and the others are cancelled', async () => {
  cluster = openSlurmPrograms(async () => 'cancel');
  cluster.write('squeue', QUEUED);
  cluster.write('sbatch', 'if [ -e one ]; then echo 8; else touch one; echo 7; fi');
  cluster.write('scancel', `case " $* " in *" 7 "*) ${DENIED};; esac`);
  const [theirs, ours] = [cluster.start('first/1'), cluster.start('second/1')];
  await vi.waitFor(() => expect(cluster.calls('squeue').at(-1)).toContain('--jobs 7,8'), 5_000);
  cluster.interruption.abort();
  for (const job of [theirs, ours]) job.stop();
  expect(await theirs.result).toEqual({ kind: 'detached' });
  expect(cluster.told).toEqual([expect.stringContaining('job 7 goes on')]);
  expect(cluster.executor.hasLeft).toBe(true);
  await vi.waitFor(() => expect(cluster.calls('scancel').at(-1)).toBe('scancel 8'), 5_000);
  cluster.exit('second/1', { kind: 'stopped', isTimeUp: false });
  expect(await ours.result).toMatchObject({ failure: { kind: 'stopped-early' } });
});
