import { expect, test } from 'vitest';
import {
  findState,
  isUnderWay,
  judgeEnd,
  judgeRetry,
  parseStates,
} from '../../../../pipeline/slurm/job-states.ts';

const SAID = `7_0|COMPLETED|None|n1
7_1|CANCELLED by 1000|None|n1
7_[2-9%4]|PENDING|Resources|
8|OUT_OF_MEMORY|OutOfMemory|n2
9|FAILED|JobLaunchFailure|n1

squeue: some warning
`;

test('states are told by task, those that wait as one by their job', () => {
  const states = parseStates(SAID);
  expect(findState(states, { job: '7', index: 0, isArray: true })).toMatchObject({
    state: 'COMPLETED',
    nodes: 'n1',
  });
  expect(findState(states, { job: '7', index: 1, isArray: true })).toMatchObject({
    state: 'CANCELLED',
    by: '1000',
  });
  expect(findState(states, { job: '7', index: 5, isArray: true })).toMatchObject({
    state: 'PENDING',
    reason: 'Resources',
  });
  expect(findState(states, { job: '8', index: 0, isArray: false })).toMatchObject({
    state: 'OUT_OF_MEMORY',
  });
  expect(findState(states, { job: '10', index: 0, isArray: false })).toBeUndefined();
});

test.each([
  ['TIMEOUT', '', 'time-limit', undefined],
  ['PREEMPTED', '', 'preempted', 'uncounted'],
  ['NODE_FAIL', '', 'node-failed', 'uncounted'],
  ['OUT_OF_MEMORY', '', 'out-of-memory', undefined],
  ['FAILED', 'slurmstepd: error: Exceeded job memory limit\n', 'out-of-memory', undefined],
  ['FAILED', 'Lmod has detected the following error\n', 'not-begun', undefined],
  ['CANCELLED', '', 'cancelled', 'never'],
  ['CANCELLED', '*** JOB 1 ON n1 CANCELLED AT … DUE TO TIME LIMIT ***', 'time-limit', undefined],
  ['CANCELLED', '*** JOB 1 ON n1 CANCELLED AT … DUE TO PREEMPTION ***', 'preempted', 'uncounted'],
] as const)('%s, having said "%s", is %s', (state, said, kind, retry) => {
  const told = { state, by: '', reason: '', nodes: 'n1' };
  expect(isUnderWay(told)).toBe(false);
  const end = judgeEnd(told, said);
  expect(end.kind).toBe(kind);
  expect(judgeRetry(end)).toBe(retry);
});

test('tries a job again that was cut off after its stage had begun, at no cost of the stage', () => {
  expect(judgeRetry({ kind: 'cut-off', state: 'FAILED' })).toBe('uncounted');
});
