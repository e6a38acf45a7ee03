import { expect, it } from 'vitest';
import { readWorkflow } from '../fixtures/workflow.ts';

const { permissions, jobs } = readWorkflow('figures.yml');

it('lets no job write that runs code of the repository', () => {
  expect(permissions).toEqual({});
  for (const [name, { permissions: granted = {}, steps }] of Object.entries(jobs)) {
    const writes = Object.values(granted).includes('write');
    const runsCode = steps.some(({ uses }) => uses?.startsWith('actions/checkout'));
    expect(writes && runsCode, name).toBe(false);
  }
});

it('takes what people type from variables, never into the text of a command', () => {
  for (const { steps } of Object.values(jobs)) {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
  }
});
