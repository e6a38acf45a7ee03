import { appendFileSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { RunHistory } from '../../../../pipeline/cache/history.ts';
import { type ResultRecord, ResultStore } from '../../../../pipeline/cache/results.ts';
import type { JsonObject } from '../../../../pipeline/contract/values.ts';
import { type FingerprintRecord, hashRecord } from '../../../../pipeline/fingerprint/record.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { writeActionFile } from '../../../fixtures/action-files.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

/** The result of a node with a cell, a parameter that tells results apart, and a time. */
function makeAction(node: string, cell: JsonObject, x: number, second: number): ResultRecord {
  const record: FingerprintRecord = {
    schema: 2,
    node,
    cell,
    run: { kind: 'command', text: 'x' },
    code: null,
    params: { x },
    env: {},
    inputs: {},
    paths: {},
    outputs: {},
  };
  return {
    schema: 2,
    fingerprint: hashRecord(record),
    record,
    outputs: {},
    summary: {},
    sources: null,
    log: null,
    provenance: {
      startedAt: new Date(second * 1000).toISOString(),
      seconds: x,
      host: 'h',
      engine: 'e',
      node: 'v20',
      run: 'r',
    },
  };
}

function open() {
  const layout = new StateLayout(makeFolder(), 'owner');
  const results = new ResultStore(layout);
  const history = new RunHistory(layout, results);
  const keep = (result: ResultRecord, to = history) => {
    writeActionFile(layout, result);
    to.add(result);
  };
  const secondsIn = (of: RunHistory) => of.ofStage('s').map(({ seconds }) => seconds);
  return { layout, actions: results, history, keep, secondsIn };
}

describe('RunHistory', () => {
  it('lists the results of a stage and of a node, the newest first, and each once', () => {
    const { layout, actions: results, history, keep, secondsIn } = open();
    keep(makeAction('s/a', { i: 1 }, 1, 10));
    keep(makeAction('s/b', { i: 2 }, 2, 20));
    keep(makeAction('s/a', { i: 1 }, 3, 30));
    keep(makeAction('s/a', { i: 1 }, 1, 40));
    keep(makeAction('other', {}, 9, 50));
    for (const one of [history, new RunHistory(layout, results)]) {
      expect(secondsIn(one)).toEqual([1, 3, 2]);
      expect(one.ofNode('s', 's/a', { i: 1 }).map(({ seconds }) => seconds)).toEqual([1, 3]);
    }
    // What is added after the first question counts as well.
    keep(makeAction('s/a', { i: 1 }, 3, 60));
    expect(secondsIn(history)).toEqual([3, 1, 2]);
  });

  it('finds the results of a node that had another name by its cell', () => {
    const { history, keep } = open();
    keep(makeAction('s/old', { i: 1, j: 'x' }, 1, 10));
    keep(makeAction('s/new', { i: 2, j: 'x' }, 2, 20));
    const found = history.ofNode('s', 's/new', { j: 'x', i: 1 });
    expect(found.map(({ node }) => node)).toEqual(['s/new', 's/old']);
  });

  it('is made again from the records where it is missing, damaged ones left out', () => {
    const { layout, actions: results, keep, secondsIn } = open();
    keep(makeAction('s/a', {}, 1, 10));
    keep(makeAction('s/b', {}, 2, 20));
    const damaged = makeAction('s/c', {}, 3, 30);
    keep(damaged);
    appendFileSync(layout.result(damaged.fingerprint), '}');
    rmSync(layout.histories, { recursive: true });
    expect(secondsIn(new RunHistory(layout, results))).toEqual([2, 1]);
    rmSync(layout.histories, { recursive: true });
    // A result that is added first does not hide the others.
    const adding = new RunHistory(layout, results);
    keep(makeAction('s/d', {}, 4, 40), adding);
    expect(secondsIn(new RunHistory(layout, results))).toEqual([4, 2, 1]);
    expect(secondsIn(adding)).toEqual([4, 2, 1]);
  });

  it('passes over lines that a crash cut off', () => {
    const { layout, actions: results, keep, secondsIn } = open();
    keep(makeAction('s/a', {}, 1, 10));
    appendFileSync(layout.history('s'), '\n{"fingerprint":"12');
    keep(makeAction('s/b', {}, 2, 20));
    expect(secondsIn(new RunHistory(layout, results))).toEqual([2, 1]);
  });
});
