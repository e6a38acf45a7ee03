import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { checkFault, faultKinds, listFaults, runUndisturbed, type Undisturbed } from './crash.ts';

afterAll(removeWorkspaces);

/** A sample of the faults; `crash.slow.test.ts` has all of them. */
describe('a run that goes wrong at a write', () => {
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    undisturbed = await runUndisturbed();
  });

  it('changes files often enough for a sample to mean something', () => {
    expect(undisturbed.calls.nothing).toBeGreaterThan(60);
    expect(undisturbed.calls.cache).toBeGreaterThan(15);
  });

  // Spread by the golden ratio, from a fixed seed.
  const moments = Array.from({ length: 3 }, (_, i) => (0.37 + i * 0.618) % 1);
  it.each(faultKinds.flatMap((kind) => moments.map((moment) => ({ kind, moment }))))(
    'is made good by the next: $kind at $moment',
    async ({ kind, moment }) => {
      const faults = listFaults(undisturbed).filter((fault) => fault.kind === kind);
      const fault = faults[Math.floor(moment * faults.length)];
      if (fault === undefined) throw new Error('there is no fault to inject');
      await checkFault(fault, undisturbed);
    },
  );
});
