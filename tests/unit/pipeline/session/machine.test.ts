import { afterEach, describe, expect, it, vi } from 'vitest';
import { openMachine, openPool } from '../../../../pipeline/session/machine.ts';
import { UserMistakes } from '../../../../pipeline/session/mistakes.ts';

afterEach(() => vi.unstubAllEnvs());

describe('the machine of a run', () => {
  it('has the CPUs and GPUs of the options', () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '7');
    const machine = openMachine({ jobs: '3', gpus: ' 4, GPU-ab' });
    expect(machine).toMatchObject({ cpus: 3, gpus: ['4', 'GPU-ab'] });
    expect(openPool(machine).total).toMatchObject({ cpus: 3, gpus: 2 });
    expect(openMachine({ gpus: 'none' }).gpus).toEqual([]);
  });

  it('has those that the user sees otherwise', () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '7,3');
    expect(openMachine({}).gpus).toEqual(['7', '3']);
    expect(openMachine({ jobs: 'auto', gpus: 'auto' }).gpus).toEqual(['7', '3']);
  });

  it.each(['0,0', '0,', ''])('is not told by --gpus %j', (gpus) => {
    const open = () => openMachine({ gpus });
    expect(open).toThrow(UserMistakes);
  });
});
