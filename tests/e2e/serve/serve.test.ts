import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { ask, killServers, listen, type SentEvent, startServer, stopServer } from './server.ts';

afterAll(() => {
  killServers();
  removeWorkspaces();
});

const PIPELINE = `
version: 1
stages:
  measure:
    command: bash measure.sh > {{ outputs.m }}
    inputs: { script: measure.sh }
    outputs: { m: m.txt }
  fail:
    command: echo its last words >&2; exit 3
    outputs: { f: f.txt }
`;

/** Tells of three points, waits at the gate, and tells of two more. */
const MEASURE = `
for i in 0 1 2; do printf '{"metrics": {"loss": %d}, "step": %d}\\n' $((9 - i)) $i >> $PIPELINE_EVENTS; done
cat gate > /dev/null
for i in 3 4; do printf '{"metrics": {"loss": %d}, "step": %d}\\n' $((9 - i)) $i >> $PIPELINE_EVENTS; done
`;

const linesOf = (events: readonly SentEvent[]) =>
  events.flatMap(({ type, data }) => (type === 'lines' ? data.split('\n') : []));

test('a page is served to its user alone, and follows a run of another process from any byte of its log', async () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': PIPELINE,
    'measure.sh': MEASURE,
  });
  workspace.makeGate('gate');
  const page = await startServer(workspace);
  const { address, port } = page;

  const shown = await ask(address);
  expect(shown.status).toBe(200);
  expect(shown.headers['content-security-policy']).toMatch(
    /default-src 'none'; script-src 'self';/,
  );
  expect(
    (await ask(`${address}live.js`)).body.replace('http://www.w3.org/2000/svg', ''),
  ).not.toMatch(/https?:\/\//);
  const own = `http://127.0.0.1:${port}`;
  const refusals: [string, Record<string, string>, string?][] = [
    [`${own}/`, {}],
    [`${own}/snapshot`, {}],
    [`${address.slice(0, -3)}x/snapshot`, {}],
    [address, { host: `evil.example:${port}` }],
    [address, { host: '127.0.0.1:1' }],
    [address, { origin: 'http://evil.example' }],
    [address, { origin: 'null' }],
    [address, {}, 'POST'],
  ];
  for (const [url, headers, method = 'GET'] of refusals) {
    const { status, body } = await ask(url, { headers, method });
    expect([status, body.includes('snapshot')], `${url} ${JSON.stringify(headers)}`).toEqual([
      403,
      false,
    ]);
  }
  expect((await ask(`${address}snapshot`, { headers: { origin: own } })).status).toBe(200);
  expect((await ask(`${address}snapshot`, { headers: { host: `localhost:${port}` } })).status).toBe(
    200,
  );
  const empty = JSON.parse((await ask(`${address}snapshot`)).body);
  expect(empty).toMatchObject({ run: null, runs: [], reports: [], allowsActions: false });
  const act = { method: 'POST', headers: { origin: own } };
  expect((await ask(`${address}retry?run=latest`, act)).body).toMatch(/--allow-actions/);

  // Files of the workspace, by an address that opens nothing else.
  const files = `${own}${empty.files.slice(2)}`;
  workspace.write('report.html', '<p>the report</p>');
  workspace.write('.hidden/secret', 'secret');
  symlinkSync('/etc/passwd', join(workspace.path, 'link'));
  const report = await ask(`${files}report.html`);
  expect(report.body).toBe('<p>the report</p>');
  expect(report.headers['content-security-policy']).toMatch(/^sandbox allow-scripts/);
  const outside = [
    'link',
    '..%2f..%2fetc%2fpasswd',
    '.hidden/secret',
    '.pipeline/served-0.json',
    '',
  ];
  for (const path of outside) expect((await ask(files + path)).status, path).toBe(404);
  expect((await ask(`${files}snapshot`)).status).toBe(404);

  // A run that begins after the page.
  const run = workspace.start(['run', '--keep-going']).result;
  const announced = await listen(`${address}events`, ['"run"']);
  const [{ run: id }] = JSON.parse(announced.at(-1)?.data ?? '') as [{ run: string }];
  const events = `${address}events?run=${id}&from=0`;
  const isPoint = (step: number) => new RegExp(`"step":${step}\\b`);
  const first = await listen(events, [isPoint(2), 'node-failed']);
  const { id: heard } = first.findLast((event) => event.type === 'lines') ?? {};
  expect(heard).toMatch(new RegExp(`^${id}:\\d+$`));

  // Behind a killed server the next one goes on, at the same address.
  page.command.child.kill('SIGKILL');
  await page.command.result;
  (await workspace.arrival('gate')).close();
  await run;
  const again = await startServer(workspace);
  expect(again.address).toBe(address);
  const rest = await listen(events, ['run-finished'], {
    'last-event-id': heard ?? '',
  });
  const log = workspace.read(`.pipeline/runs/${id}/events.jsonl`);
  expect([...linesOf(first), ...linesOf(rest)].join('\n')).toBe(log.trimEnd());
  const amid = await ask(`${address}events?run=${id}&from=5`);
  expect(amid.status).toBe(410);

  const { view, offset, runs } = JSON.parse((await ask(`${address}snapshot`)).body);
  expect(offset).toBe(Buffer.byteLength(log));
  expect(view).toMatchObject({
    phase: 'finished',
    counts: { executed: 1, failed: 1 },
    failures: [{ node: 'fail', message: 'exited with status 3' }],
    curves: [['measure', [['loss', { count: 5, xs: [0, 1, 2, 3, 4], ys: [9, 8, 7, 6, 5] }]]]],
  });
  expect(view.failures[0].tail).toContain('its last words');
  expect(runs).toMatchObject([{ run: id, ended: 'failed 1', asked: 'everything' }]);

  // Who takes the port learns the token of pages that are open. Nothing else is served by it.
  const tokenOf = ({ address }: { readonly address: string }) => new URL(address).pathname;
  const elsewhere = await startServer(workspace);
  expect(elsewhere.port).not.toBe(port);
  expect(tokenOf(elsewhere)).not.toBe(tokenOf(page));
  expect(await stopServer(elsewhere)).toBe(130);
  expect(await stopServer(again)).toBe(130);
  const acting = await startServer(workspace, ['--allow-actions']);
  expect(tokenOf(acting)).not.toBe(tokenOf(page));
  expect(await stopServer(acting)).toBe(130);
  expect((await again.command.result).stderr).toBe('');
});
