import { afterAll, describe, expect, it } from 'vitest';
import { RunHistory } from '../../../../pipeline/cache/history.ts';
import { type ResultOutput, ResultStore } from '../../../../pipeline/cache/results.ts';
import type { JsonObject } from '../../../../pipeline/contract/values.ts';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import { type FingerprintRecord, hashRecord } from '../../../../pipeline/fingerprint/record.ts';
import type { GraphNode } from '../../../../pipeline/graph/types.ts';
import { DurationPredictor, scaleSeconds } from '../../../../pipeline/inspect/durations.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { writeActionFile } from '../../../fixtures/action-files.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';
import { expandSound } from '../../../fixtures/graph.ts';

afterAll(removeFolders);

const graph = expandSound(`version: 1
params: { size: 1 }
stages:
  a: { command: "x {{ size }}", matrix: { i: [1, 2, 3] }, outputs: { o: "o{{ i }}" } }
  b: { command: x, outputs: { o: b } }
  c: { command: x, inputs: { a: { from: a, output: o, where: [{ i: 1 }] } }, outputs: { o: c } }
`);

function nodeOf(id: string): GraphNode {
  const node = [...graph.nodes.values()].find((one) => one.id === id);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}

function recordOf({ id, cell }: GraphNode, params: JsonObject): FingerprintRecord {
  const run = { kind: 'command', text: 'x' } as const;
  return {
    schema: 2,
    node: id,
    cell,
    run,
    code: null,
    params,
    env: {},
    inputs: {},
    paths: {},
    outputs: {},
  };
}

/** An output with some content, for a node downstream to read. */
function outputOf(content: string) {
  return {
    kind: 'file',
    digest: hashBytes(content),
    size: 1,
    volatile: false,
    mode: '644',
  } as const;
}

/** A predictor that has seen runs of nodes with parameters: each took some seconds, in this order. */
function predictorAfter(
  runs: readonly (readonly [string, JsonObject, number, { made?: string; read?: string }?])[],
) {
  const layout = new StateLayout(makeFolder(), 'owner');
  const results = new ResultStore(layout);
  const history = new RunHistory(layout, results);
  for (const [i, [id, params, seconds, { made, read } = {}]] of runs.entries()) {
    const content = `file:${hashBytes(read ?? '')}` as const;
    const sources = [{ node: 'a/1', cell: {}, content }];
    const inputs = read === undefined ? {} : { a: sources };
    const record = { ...recordOf(nodeOf(id), params), inputs };
    const startedAt = new Date(i * 1000).toISOString();
    const provenance = { startedAt, seconds, host: 'h', engine: 'e', node: 'v', run: 'r' };
    const fingerprint = hashRecord(record);
    const outputs: Record<string, ResultOutput> = made === undefined ? {} : { o: outputOf(made) };
    const rest = { outputs, summary: {}, sources: null, log: null };
    const action = { schema: 2, fingerprint, record, provenance, ...rest } as const;
    writeActionFile(layout, action);
    history.add(action);
  }
  return new DurationPredictor(graph, history, results);
}

describe('DurationPredictor', () => {
  it('takes the most alike run of the node, of several the newest', () => {
    const predictor = predictorAfter([
      ['a/1', { size: 1, rate: 1 }, 10],
      ['a/1', { size: 100, rate: 2 }, 1000],
      ['a/1', { size: 1, rate: 3 }, 12],
      ['a/2', { size: 1 }, 5],
    ]);
    const node = nodeOf('a/1');
    // Of what is not known yet, the node's own parameters decide: size 1.
    expect(predictor.predict(node, null)).toEqual({ basis: 'node', seconds: 12, cpus: null });
    const like = (params: JsonObject) => predictor.predict(node, recordOf(node, params)).seconds;
    expect(like({ size: 1, rate: 1 })).toBe(10);
    expect(like({ size: 100, rate: 9 })).toBe(1000);
    expect(like({ size: 7, rate: 7 })).toBe(12);
  });

  it('takes the run on what the most alike run upstream gave, where inputs are not known yet', () => {
    const predictor = predictorAfter([
      ['a/1', { size: 1 }, 10, { made: 'small' }],
      ['a/1', { size: 100 }, 1000, { made: 'large' }],
      ['c', {}, 5, { read: 'small' }],
      ['c', {}, 500, { read: 'large' }],
    ]);
    expect(predictor.predict(nodeOf('c'), null).seconds).toBe(5);
  });

  it('knows with how many CPUs a run took so long, and takes no more of them to help', () => {
    const ran = { seconds: 30, cpus: 4 };
    expect([1, 2, 4, 8].map((cpus) => scaleSeconds(ran, cpus))).toEqual([120, 60, 30, 30]);
    expect(scaleSeconds({ seconds: 30, cpus: null }, 1)).toBe(30);
  });

  it('takes the median of the stage for a node that never ran, and knows when it knows nothing', () => {
    const predictor = predictorAfter([
      ['a/1', { size: 1 }, 10],
      ['a/2', { size: 1 }, 20],
      ['a/2', { size: 2 }, 90],
    ]);
    expect(predictor.predict(nodeOf('a/3'), null)).toEqual({
      basis: 'stage',
      seconds: 50,
      cpus: null,
      axis: null,
    });
    expect(predictor.predict(nodeOf('b'), null)).toEqual({
      basis: 'none',
      seconds: null,
      cpus: null,
    });
  });
});
