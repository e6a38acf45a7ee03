import { expect, it } from 'vitest';
import { simulate } from '../../../bench/slurm-simulation/simulate.ts';
import { describeSimulation } from './simulation.ts';

/** Draws each end of a job that is known at once, an answer of sbatch that is lost and one of squeue that is empty. */
const SEED = 918;

it('loses nothing of a sweep on a cluster with faults, does nothing twice, and calls Slurm seldom', async () => {
  const end = await simulate(describeSimulation(100, SEED));
  expect(end).toMatchObject({ code: 0, done: 100, lost: [], twice: [] });
  expect(end).toMatchObject({ overlaps: 0, doubled: 0, left: 0, stderr: '' });
  expect(Object.keys(end.runs)).toEqual(
    expect.arrayContaining(['failed', 'preempted', 'time-limit', 'late-exit']),
  );
  const { sbatch = 0, squeue = 0, sacct = 0, scancel = 0 } = end.calls;
  // Two arrays, those that are tried again, and one whose answer was lost.
  expect(sbatch).toBeLessThan(16);
  expect(squeue + sacct).toBeLessThan(2 * (end.seconds / 0.5 + sbatch));
  expect(scancel).toBeLessThan(8);
});
