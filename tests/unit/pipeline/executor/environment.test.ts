import { describe, expect, it } from 'vitest';
import { makeStageEnvironment } from '../../../../pipeline/executor/environment.ts';

const environment = {
  PATH: '/bin',
  HOME: '/root',
  SECRET: 'x',
  MODE: 'fast',
  TZ: 'Asia/Tokyo',
  LANG: 'de',
};

describe('the environment of a stage', () => {
  it('has what programs need, one locale and time zone, and nothing undeclared', () => {
    expect(makeStageEnvironment(environment, [])).toEqual({
      PATH: '/bin',
      HOME: '/root',
      LC_ALL: 'C',
      TZ: 'UTC',
    });
  });

  it('has the declared variables as they are, if they are set', () => {
    const made = makeStageEnvironment(environment, ['MODE', 'TZ', 'UNSET']);
    expect(made).toMatchObject({ MODE: 'fast', TZ: 'Asia/Tokyo' });
    expect('UNSET' in made).toBe(false);
  });
});
