import type { NodeStatus } from 'rederive/contract';
import { expect, it } from 'vitest';
import { listExperiments } from '../../../../commands/report/experiments.ts';

function node(
  stage: string,
  decay: boolean,
  outputs: NodeStatus['outputs'],
  more: Partial<NodeStatus> = {},
): NodeStatus {
  return {
    node: `${stage}/MLP1${decay ? '_wd' : ''}`,
    stage,
    cell: { model: 'MLP1', decay },
    state: 'run',
    fingerprint: null,
    outputs,
    upstream: [],
    params: {},
    summary: null,
    seconds: null,
    cpuSeconds: null,
    memory: null,
    digests: null,
    volatile: [],
    made: null,
    accepted: null,
    ...more,
  };
}

it('knows the weight decay of an experiment that has not run, as claims are about that and not about its axis', () => {
  const nodes = [false, true].flatMap((decay) => {
    const params = { 'training.weight_decay': 0.0005 };
    const config = node('configure', decay, { config: 'c.yaml' }, { params });
    const upstream = { upstream: [config.node] };
    const training = node('train', decay, { checkpoint: 'c' }, upstream);
    return [
      config,
      training,
      node('evaluate', decay, { evaluation: 'e' }, { upstream: [training.node] }),
    ];
  });
  expect(listExperiments('/', nodes).map(({ name, known }) => [name, known])).toEqual([
    ['MLP1', { model: 'MLP1', decay: false, weight_decay: 0 }],
    ['MLP1_wd', { model: 'MLP1', decay: true, weight_decay: 0.0005 }],
  ]);
});
