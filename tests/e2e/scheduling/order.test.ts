import { afterAll, expect, it } from 'vitest';
import {
  actionPath,
  makeWorkspace,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

it('starts first what the longest work of earlier runs lies behind, the same way every time', async () => {
  const stages = Object.entries({ a: '', b: '', c: 'b', d: '', e: 'd' }).map(
    ([name, needs]) =>
      `  ${name}: { command: 'echo ${name} > {{ outputs.o }}', needs: [${needs}], outputs: { o: out/${name} } }`,
  );
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1\nstages:\n${stages.join('\n')}\n`,
  });
  // Of those that can start at once: when the others can depends on the disk, too.
  const order = async () =>
    parseEvents(await workspace.run(['--force', '--jobs', '1', '--json']))
      .flatMap((event) =>
        event.type === 'node-started' && 'abd'.includes(event.node) ? [event.node] : [],
      )
      .join('');
  // Nothing is known: chains before single nodes, in the order of the file.
  expect(await order()).toBe('bda');
  const seconds: Readonly<Record<string, number>> = { a: 50, b: 10, c: 20, d: 1, e: 90 };
  for (const { node, fingerprint } of await workspace.status()) {
    const path = actionPath(fingerprint ?? '');
    const action = JSON.parse(workspace.read(path)) as { provenance: { seconds: number } };
    action.provenance.seconds = seconds[node] ?? 0;
    workspace.write(path, JSON.stringify(action));
  }
  workspace.remove('.pipeline/cache/history');
  expect(await order()).toBe('dab');
});
