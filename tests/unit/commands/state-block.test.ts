import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ConfigState, writeState } from '../../../commands/state-block.ts';

const STATE: ConfigState = {
  epochs: 20,
  checkpoint: 'runs/quick/MLP1_0.0_none/checkpoint.safetensors',
  interpolation: { epoch: 17, step: 272 },
  test_error: 0.506,
  experiment_key: null,
};

describe('the state block of a config', () => {
  it('is appended to a config without one, which keeps its bytes', () => {
    const config = '# mine\nb: 1 # odd   spacing\na: [1,2]\n';
    const written = writeState(config, STATE);
    expect(written.startsWith(config)).toBe(true);
    expect(parse(written)).toEqual({ b: 1, a: [1, 2], state: STATE });
  });

  it('replaces an older one, wherever that stands', () => {
    const config = 'b: 1\nstate:\n  epochs: 3\n  old: true\na: 2 # kept\n';
    const written = writeState(config, STATE);
    expect(written.startsWith('b: 1\na: 2 # kept\n')).toBe(true);
    expect(parse(written)).toEqual({ b: 1, a: 2, state: STATE });
    expect(writeState(written, STATE)).toBe(written);
  });

  it('is not written into what is no mapping', () => {
    expect(() => writeState('- 1\n', STATE)).toThrow(/no YAML mapping/);
  });
});
