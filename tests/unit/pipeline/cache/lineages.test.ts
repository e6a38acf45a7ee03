import { afterAll, expect, it } from 'vitest';
import { LineageIndex } from '../../../../pipeline/cache/lineages.ts';
import { type ResultRecord, ResultStore } from '../../../../pipeline/cache/results.ts';
import {
  type FingerprintRecord,
  hashLineage,
  hashRecord,
} from '../../../../pipeline/fingerprint/record.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { writeActionFile } from '../../../fixtures/action-files.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

function makeAction(seed: number, epochs: number): ResultRecord {
  const record: FingerprintRecord = {
    schema: 2,
    node: 'train',
    cell: {},
    run: { kind: 'command', text: 'x' },
    code: null,
    params: { seed, epochs },
    env: {},
    inputs: {},
    paths: {},
    outputs: {},
  };
  const provenance = {
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    host: 'h',
    engine: 'pipeline 0',
    node: 'v20',
    run: 'r',
  };
  const rest = { outputs: {}, summary: {}, sources: null, log: null, provenance };
  return { schema: 2, fingerprint: hashRecord(record), record, ...rest };
}

it('goes on from results of the same lineage only, whatever the index says', () => {
  const layout = new StateLayout(makeFolder(), 'owner');
  const index = new LineageIndex(layout, new ResultStore(layout));
  const [mine, other] = [makeAction(1, 3), makeAction(2, 4)];
  const lineage = hashLineage(mine.record, 'epochs');
  for (const action of [mine, other]) {
    writeActionFile(layout, action);
    index.add(lineage, action.fingerprint);
  }
  const found = index.findShorter(lineage, 'epochs', 9);
  expect(found.map(({ result }) => result.fingerprint)).toEqual([mine.fingerprint]);
});
