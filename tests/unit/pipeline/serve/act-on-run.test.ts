import { afterAll, expect, it } from 'vitest';
import { keptRunAt, type RunAccount, readAccount } from '../../../../pipeline/history/account.ts';
import { listArguments } from '../../../../pipeline/serve/act-on-run.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

/** What the log of a run tells that began with this event. */
function read(more: object): RunAccount {
  const event = {
    ...{ type: 'run-started', time: 0, targets: ['all'], profile: 'quick', settings: ['n=2'] },
    ...more,
  };
  const root = makeFolder({ 'run/events.jsonl': `${JSON.stringify(event)}\n` });
  return readAccount(keptRunAt(root, 'run', false), new StateLayout(root, 'nobody'));
}

const SAID = ['run', '--keep-going', '--quiet', '--profile', 'quick', '--set', 'n=2'];

it('tries again with the network and the trackers that the run had, and no others', () => {
  const plain = read({ offline: false, trackers: [] });
  expect(listArguments(plain, ['all'])).toEqual([...SAID, '--tracker', 'none', '--', 'all']);
  const told = read({ offline: true, trackers: ['mlflow', 'comet=key@work'] });
  expect(listArguments(told, [])).toEqual([
    ...[...SAID, '--offline', '--tracker', 'none'],
    ...['--tracker', 'mlflow', '--tracker', 'comet=key@work', '--'],
  ]);
});

it('tells no tracker of what an older log does not say it was told of', () => {
  expect(listArguments(read({}), ['all'])).toEqual([...SAID, '--tracker', 'none', '--', 'all']);
});
