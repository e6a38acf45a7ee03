import { describe, expect, it } from 'vitest';
import { parseDuration, writeDuration } from '../../../../pipeline/pipeline-file/duration.ts';
import { expandSound, mistakesOf } from '../../../fixtures/graph.ts';

describe('durations', () => {
  it.each([
    ['90s', 90],
    ['10m', 600],
    ['2h', 7200],
    ['1.5h', 5400],
    ['0.5s', 0.5],
    ['3d', 259_200],
  ])('are read: %s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['90s', '10m', '2h', '90m', '3d', '0.5s'])('are written as people do: %s', (text) => {
    expect(writeDuration(parseDuration(text))).toBe(text);
  });
});

describe('timeout, retries and GPUs in pipeline.yaml', () => {
  const stage = (keys: string) => `version: 1
params: { device: cpu }
stages:
  a: { command: x, outputs: { o: o }, ${keys} }
`;

  it.each([
    ['timeout: 10', 'wrong-type 4:48'],
    ['timeout: 10 minutes', 'wrong-value 4:48'],
    ['timeout: 0s', 'wrong-value 4:48'],
    ['retries: -1', 'wrong-value 4:48'],
    ['retries: { attempts: 1, backof: 1s }', 'unknown-key 4:63'],
    ['retries: { backoff: 1s }', 'missing-key 4:39'],
    ['resources: { gpus: -1 }', 'wrong-value 4:58'],
    ['resources: { gpus: { count: 1, when: { devise: cuda } } }', 'unknown-param 4:78'],
  ])('are checked: %s', (keys, place) => {
    expect(mistakesOf(stage(keys))).toEqual([place]);
  });

  it('have defaults', () => {
    const [node] = expandSound(stage('')).nodes.values();
    expect(node?.stage).toMatchObject({
      timeoutSeconds: null,
      retries: { attempts: 0, backoffSeconds: 1 },
      resources: { gpus: 0 },
    });
  });
});
