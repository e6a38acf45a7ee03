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
    expect(makeStageEnvironment(environment, [], [], 'C.UTF-8')).toEqual({
      PATH: '/bin',
      HOME: '/root',
      LC_CTYPE: 'C.UTF-8',
      TZ: 'UTC',
      CUDA_VISIBLE_DEVICES: '',
      HIP_VISIBLE_DEVICES: '-1',
    });
  });

  it('has the declared variables as they are, if they are set', () => {
    const made = makeStageEnvironment(environment, ['MODE', 'TZ', 'UNSET'], []);
    expect(made).toMatchObject({ MODE: 'fast', TZ: 'Asia/Tokyo' });
    expect('UNSET' in made).toBe(false);
  });

  it('shows the stage its own GPUs and no others, whatever the user sees', () => {
    const user = { CUDA_VISIBLE_DEVICES: '0,1,2', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
    const order = { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
    expect(makeStageEnvironment(user, [], ['1', '2'])).toMatchObject({
      ...order,
      CUDA_VISIBLE_DEVICES: '1,2',
    });
    const made = makeStageEnvironment(user, ['CUDA_VISIBLE_DEVICES'], []);
    expect(made).toMatchObject({ ...order, CUDA_VISIBLE_DEVICES: '', HIP_VISIBLE_DEVICES: '-1' });
  });

  it('shows the stage its own GPUs of AMD and Intel, of those that the user’s variables leave', () => {
    const user = {
      HIP_VISIBLE_DEVICES: '0,1',
      ROCR_VISIBLE_DEVICES: '4,5',
      ZE_AFFINITY_MASK: '0,1',
    };
    const own = { CUDA_VISIBLE_DEVICES: '1', HIP_VISIBLE_DEVICES: '1', ZE_AFFINITY_MASK: '1' };
    expect(makeStageEnvironment(user, [], ['1'])).toMatchObject({ ...user, ...own });
    expect(makeStageEnvironment({}, [], ['1'])).not.toHaveProperty('ZE_AFFINITY_MASK');
  });
});
