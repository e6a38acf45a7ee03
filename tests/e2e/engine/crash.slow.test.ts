import { afterAll, describe, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { checkFault, faultKinds, listFaults, runUndisturbed } from './crash.ts';

afterAll(removeWorkspaces);

const undisturbed = await runUndisturbed();
// Each write once with a death and once with an error: all four kinds at each take as long again.
const faults = listFaults(undisturbed).filter(
  ({ kind, call }) => (faultKinds.indexOf(kind) + call) % 2 === 0,
);

describe.concurrent('a run that goes wrong at a write is made good by the next', () => {
  it.each(faults)('$kind at call $call from $start', (fault) => checkFault(fault, undisturbed));
});
