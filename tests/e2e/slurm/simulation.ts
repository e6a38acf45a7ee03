/** A simulated cluster of a size that a test can wait for. */

import { tmpdir } from 'node:os';
import type { Simulation } from '../../../bench/slurm-simulation/simulate.ts';

/** So many cells on half as many nodes, a run that is killed once, and faults drawn by a seed. */
export function describeSimulation(cells: number, seed: number): Simulation {
  return {
    ...{ cells, seed, faults: 2, kills: 1, parent: tmpdir() },
    shape: { nodes: cells / 2, runSeconds: 0.2, maxArraySize: 51, maxSubmitJobs: cells },
    delays: { staleMs: 300, slowMs: 300, rememberMs: 1_000, databaseMs: 200 },
    settings: { queued: cells, throttle: 100, poll: '0.5s' },
  };
}
