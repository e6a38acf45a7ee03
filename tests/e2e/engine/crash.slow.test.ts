import { afterAll, describe, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { checkFault, listFaults, runUndisturbed } from './crash.ts';

afterAll(removeWorkspaces);

const undisturbed = await runUndisturbed();

describe.concurrent('a run that goes wrong at a write is made good by the next', () => {
  it.each(listFaults(undisturbed))('$kind at call $call from $start', (fault) =>
    checkFault(fault, undisturbed),
  );
});
