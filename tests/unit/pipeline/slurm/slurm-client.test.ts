import { expect, test } from 'vitest';
import { isSilence } from '../../../../pipeline/slurm/slurm-client.ts';

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
