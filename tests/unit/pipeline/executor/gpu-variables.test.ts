import { expect, it } from 'vitest';
import { showGpusOfJob } from '../../../../pipeline/executor/gpu-variables.ts';

it('shows a job what its cluster gives it, and nothing of where it was submitted', () => {
  const given = { CUDA_VISIBLE_DEVICES: '0', ROCR_VISIBLE_DEVICES: '3', OTHER: 'x' };
  expect(showGpusOfJob(1, given)).toEqual({
    CUDA_VISIBLE_DEVICES: '0',
    HIP_VISIBLE_DEVICES: undefined,
    ROCR_VISIBLE_DEVICES: '3',
    ZE_AFFINITY_MASK: undefined,
  });
  expect(showGpusOfJob(0, given)).toMatchObject({
    CUDA_VISIBLE_DEVICES: '',
    HIP_VISIBLE_DEVICES: '-1',
  });
  expect(showGpusOfJob(1, {})).toMatchObject({ CUDA_VISIBLE_DEVICES: '' });
});
