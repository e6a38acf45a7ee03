import fc from 'fast-check';
import { expect, it } from 'vitest';
import { simulate } from '../../../bench/slurm-simulation/simulate.ts';
import { describeSimulation } from './simulation.ts';

it('loses nothing and does nothing twice, whatever goes wrong and however often it is killed', async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.constantFrom(40, 100, 200),
    fc.constantFrom(1, 2, 4),
    fc.integer({ min: 0, max: 3 }),
    async (seed, cells, faults, kills) => {
      const end = await simulate({ ...describeSimulation(cells, seed), faults, kills });
      expect(end).toMatchObject({ cells, lost: [], twice: [], overlaps: 0, doubled: 0, left: 0 });
    },
  );
  await fc.assert(property, { numRuns: 6 });
});

it('waits for room where Slurm takes no more than so many jobs', async () => {
  const plain = describeSimulation(200, 5);
  const shape = { ...plain.shape, runSeconds: 2, maxSubmitJobs: 60 };
  const end = await simulate({ ...plain, shape, faults: 0, kills: 0 });
  expect(end).toMatchObject({ code: 0, done: 200, lost: [], twice: [] });
});
