import { expect, test } from 'vitest';
import type { StageSpec } from '../../../../pipeline/pipeline-file/types.ts';
import { askFor } from '../../../../pipeline/slurm/ask-for.ts';
import { writeArguments, writeScript } from '../../../../pipeline/slurm/write-batch.ts';
import { expandSound } from '../../../fixtures/graph.ts';
import { readSource } from '../../../fixtures/sources.ts';

const TEXT = `version: 1
slurm: { partition: main, environment: { prologue: cluster/prologue.sh } }
stages:
  train:
    matrix: { i: [1, 2, 3] }
    command: echo {{ i }} > {{ outputs.o }}
    outputs: { o: "out/{{ i }}" }
    resources: { cpus: 2, memory: 1GB }
    timeout: 1h
    slurm: { options: { exclusive: false } }
`;

const BATCH = '/shared/lab/.pipeline/jobs/batches/0123456789abcdef';

function describeBatch(overrides: Readonly<Record<string, string>> = {}) {
  const { spec } = expandSound(TEXT);
  const stage = spec.stages['train'] as StageSpec;
  const { options } = askFor(stage, stage.resources, spec.slurm, overrides);
  const args = writeArguments({
    name: 'train-0123456789abcdef',
    comment: 'pipeline lab 0123456789abcdef',
    workspace: '/shared/lab',
    said: `${BATCH}/said-%a`,
    script: `${BATCH}/script.sh`,
    options,
    signalSeconds: spec.slurm.signalSeconds,
    tasks: 3,
    throttle: spec.slurm.throttle,
  });
  const script = writeScript({
    workspace: '/shared/lab',
    node: '/usr/bin/node',
    entry: '/shared/lab/.pipeline/jobs/program/job-entry.mjs',
    batch: BATCH,
    environment: spec.slurm.environment,
    resolve: (path) => `/shared/lab/${path}`,
  });
  return { args, script };
}

test('what is submitted is what the guide shows', () => {
  const { args, script } = describeBatch();
  const guide = readSource('docs/cluster.md');
  expect(guide).toContain(`\`\`\`text\nsbatch\n${args.map((one) => `  ${one}\n`).join('')}\`\`\``);
  expect(guide).toContain(`\`\`\`bash\n${script}\`\`\``);
});

test('what is said for one run comes before the file, and for a stage before what is said for all', () => {
  const { args } = describeBatch({ partition: 'debug', mem: '2G' });
  expect(args).toContain('--partition=debug');
  expect(args).toContain('--mem=2G');
  expect(args.filter((one) => one.startsWith('--partition'))).toHaveLength(1);
  expect(args.join(' ')).not.toContain('exclusive');
});

test('a time limit that is said as an option is the limit of the job', () => {
  const { spec } = expandSound(TEXT);
  const stage = spec.stages['train'] as StageSpec;
  const limitOf = (overrides: Readonly<Record<string, string>>) =>
    askFor(stage, stage.resources, spec.slurm, overrides).limitSeconds;
  expect(limitOf({})).toBe(3600 + 60 + 300);
  expect(limitOf({ time: '90' })).toBe(5400);
  expect(limitOf({ time: 'infinite' })).toBeNull();
});
