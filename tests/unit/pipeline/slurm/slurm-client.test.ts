import { expect, test } from 'vitest';
import { readJobOptions } from '../../../../pipeline/session/cluster-options.ts';
import { refuseOption } from '../../../../pipeline/slurm/ask-for.ts';
import { isSilence } from '../../../../pipeline/slurm/slurm-client.ts';
import { makeSlurmEnvironment } from '../../../../pipeline/slurm/slurm-environment.ts';

test.each([
  'Batch job submission failed: Zero Bytes were transmitted or received',
  'Batch job submission failed: Transport endpoint is not connected',
  'Batch job submission failed: Unexpected message received',
  'Batch job submission failed: Slurm backup controller in standby mode',
  'Batch job submission failed: Protocol authentication error',
  'Unable to contact slurm controller (connect failure)',
])('"%s" leaves open whether a job was taken', (said) => expect(isSilence(said)).toBe(true));

test('a refusal is an answer', () => {
  expect(isSilence('Batch job submission failed: Invalid account')).toBe(false);
});

test('a cluster is refused where sbatch alone would follow it, and else said to all programs', () => {
  expect(() => readJobOptions(['clusters=b'])).toThrow(
    expect.objectContaining({
      diagnostics: [expect.objectContaining({ hint: expect.stringContaining('SLURM_CLUSTERS') })],
    }),
  );
  expect(refuseOption('M')).not.toBeNull();
  expect(refuseOption('cluster-constraint')).toBeNull();
  expect(makeSlurmEnvironment({ SBATCH_CLUSTERS: 'b', SLURM_JOB_ID: '7' })).toEqual({
    SBATCH_CLUSTERS: 'b',
    SLURM_CLUSTERS: 'b',
  });
});
