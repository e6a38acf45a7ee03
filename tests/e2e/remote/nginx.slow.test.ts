import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasNginx, Nginx, stopServers, TOKENS } from '../../fixtures/remote-server.ts';
import { parseEvents, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';
import { makeClone, NODES } from './sharing.ts';

afterAll(async () => {
  removeWorkspaces();
  await stopServers();
});

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

describe.skipIf(!hasNginx)('nginx as in docs/remote-cache.md', () => {
  let nginx: Nginx;
  let first: Workspace;

  beforeAll(async () => {
    nginx = await Nginx.start();
    first = makeClone();
    const made = await first.run(['--push'], { env: nginx.env('write') });
    expect(made).toMatchObject({ code: 0, executed: NODES });
    expect(made.stdout).toMatch(/\[cache\] sent \d+ objects/);
    nginx.takeLog();
  });

  it('gives a second clone all that its target needs, and nothing runs', async () => {
    const second = makeClone();
    const run = await second.run(['plot'], { env: nginx.env('read') });
    expect(run).toMatchObject({ code: 0, executed: 0, cached: NODES, stderr: '' });
    expect(run.stdout).not.toContain('[warning]');
    expect(second.read('out/plot.txt')).toBe(first.read('out/plot.txt'));
    // What nobody reads is not fetched.
    expect(second.list('out')).toEqual(['out/conf.yaml', 'out/plot.txt']);
    const log = nginx.takeLog();
    expect(new Set(log)).toEqual(new Set(['GET 200']));
    const again = await second.run(['plot'], { env: nginx.env('read') });
    expect(again).toMatchObject({ executed: 0, cached: NODES });
    expect(nginx.takeLog()).toEqual([]);
    expect((await second.start(['cache', 'verify']).result).code).toBe(0);
    expect((await second.start(['log', 'plot']).result).code).toBe(0);

    // Everything, when it is asked for.
    const all = await second.run([], { env: nginx.env('read') });
    expect(all).toMatchObject({ code: 0, executed: 0, cached: NODES });
    const files = first.list('out');
    expect(second.list('out')).toEqual(files);
    for (const file of files) {
      const [a, b] = [join(first.path, file), join(second.path, file)];
      expect(sha256(b), file).toBe(sha256(a));
      expect(statSync(b).mode, file).toBe(statSync(a).mode);
    }
    expect(readlinkSync(join(second.path, 'out/data/one'))).toBe('1');
    expect(readdirSync(join(second.path, 'out/data/empty'))).toEqual([]);
    expect(second.cacheFaults()).toEqual([]);
  });

  it('is asked for outputs when something has to run that reads them', async () => {
    const second = makeClone();
    await second.run(['plot'], { env: nginx.env('read') });
    second.edit('pipeline.yaml', 'cat {{ inputs.m }}', 'sort -r {{ inputs.m }}');
    const run = await second.run(['plot'], { env: nginx.env('read') });
    expect(run).toMatchObject({ code: 0, executed: 1, cached: NODES - 1 });
    expect(second.read('out/plot.txt')).toMatch(/^3 .*\n2 .*\n1 /);
    expect(second.list('out').filter((path) => path.includes('big'))).toEqual([]);
  });

  it('says who made a result', async () => {
    const second = makeClone();
    await second.run(['plot'], { env: nginx.env('read') });
    const [{ fingerprint } = { fingerprint: '' }] = (await second.status(['plot'])).slice(-1);
    const record = JSON.parse(
      second.read(`.pipeline/cache/actions/${fingerprint?.slice(0, 2)}/${fingerprint}.json`),
    );
    expect(record.pulled.from).toBe(`${nginx.url}/`);
    expect(record.provenance).toMatchObject({
      engine: expect.stringMatching(/^pipeline \d/),
      user: expect.any(String),
      platform: `${process.platform}-${process.arch}`,
      host: expect.any(String),
    });
  });

  it('has a token that reads, with which nothing is written, and shows no token to anybody', async () => {
    const third = makeClone();
    third.edit('pipeline.yaml', 'version: 1', 'version: 1\ncache: { push: true }');
    third.edit('train.mjs', "+ '\\n'", "+ '!\\n'");
    nginx.takeLog();
    const run = await third.run(['--json'], { env: nginx.env('read') });
    expect(run.code).toBe(0);
    const events = parseEvents(run);
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
    expect(warnings).toEqual([expect.stringMatching(/nothing more is sent there: .* 403$/)]);
    const log = nginx.takeLog();
    expect(log.filter((line) => line.startsWith('PUT') && line !== 'PUT 403')).toEqual([]);
    const writing = await makeClone().run(['--push', '--json'], { env: nginx.env('write') });
    for (const token of Object.values(TOKENS)) {
      for (const { stdout, stderr } of [run, writing]) expect(stdout + stderr).not.toContain(token);
      const holding = third
        .list('.pipeline')
        .filter((path) => readFileSync(join(third.path, path)).includes(token));
      expect(holding).toEqual([]);
      const shared = readdirSync(nginx.root, { recursive: true, encoding: 'utf8' })
        .map((name) => join(nginx.root, name))
        .filter((path) => statSync(path).isFile() && readFileSync(path).includes(token));
      expect(shared).toEqual([]);
    }
    // Without a token nothing is read either.
    const { PIPELINE_CACHE_TOKEN: _, ...none } = nginx.env('read');
    const refused = await makeClone().run(['conf'], { env: none });
    expect(refused).toMatchObject({ code: 0, executed: 1 });
    expect(refused.stdout.match(/\[warning\].*/g)).toEqual([
      expect.stringMatching(/nothing more is fetched from it: GET .* answered with 403$/),
    ]);
  });

  it('has a damaged object, which is not used, made again, and replaced by who may write', async () => {
    const digest = (await first.digests())['plot']?.['p'] ?? '';
    const path = nginx.objectPath(digest);
    chmodSync(path, 0o644);
    writeFileSync(path, 'garbage, which is longer than what was there\n'.repeat(9));
    const second = makeClone();
    const run = await second.run(['plot'], { env: nginx.env('read') });
    expect(run).toMatchObject({ code: 0, executed: 1, cached: NODES - 1 });
    expect(run.stdout).toContain(`has other bytes as ${digest}`);
    expect(second.read('out/plot.txt')).toBe(first.read('out/plot.txt'));
    expect(second.cacheFaults().filter((fault) => fault.includes('objects'))).toEqual([]);
    const third = makeClone();
    expect(await third.run(['plot', '--push'], { env: nginx.env('write') })).toMatchObject({
      executed: 1,
    });
    expect(sha256(path)).toBe(digest);
  });

  it('has lost an object: what makes it runs again, and who reads it waits for that', async () => {
    const second = makeClone();
    await second.run(['plot'], { env: nginx.env('read') });
    const manifest = (await first.digests())['data']?.['d'] ?? '';
    const tree = JSON.parse(readFileSync(nginx.objectPath(manifest), 'utf8'));
    rmSync(nginx.objectPath(tree.files['2'].digest));
    second.edit('train.mjs', "+ '\\n'", "+ '?\\n'");
    const run = await second.run(['plot'], { env: nginx.env('read') });
    expect(run).toMatchObject({ code: 0, executed: 5, cached: 1, failed: 0 });
    expect(second.read('out/plot.txt')).toContain('?');
    expect(await second.run(['plot'], { env: nginx.env('read') })).toMatchObject({ executed: 0 });
  });

  it('is pushed to and pulled from as a whole, and says whether it answers', async () => {
    const other = await Nginx.start();
    const env = other.env('write');
    const push = await first.start(['cache', 'push', 'plot', '--json'], { env }).result;
    expect(push.code).toBe(0);
    expect(JSON.parse(push.stdout)).toMatchObject({ without: [], failed: [] });
    const again = await first.start(['cache', 'push'], { env }).result;
    expect(again.stdout).toContain(`${NODES} results are at ${other.url}/`);
    const second = makeClone();
    const pull = await second.start(['cache', 'pull'], { env: other.env('read') }).result;
    expect(pull).toMatchObject({ code: 0, stderr: '' });
    expect(pull.stdout).toContain(`${NODES} results are in the cache`);
    expect(second.exists('out')).toBe(false);
    const run = await second.run(['--offline'], { env: other.env('read') });
    expect(run).toMatchObject({ code: 0, executed: 0, cached: NODES });
    expect(second.list('out')).toEqual(first.list('out'));
    const check = await second.start(['cache', 'check'], { env }).result;
    expect(check).toMatchObject({ code: 0 });
    expect(check.stdout).toMatch(/answers in \d+ ms; results are fetched and not sent by runs/);
    await other.stop();
    const dead = await second.start(['cache', 'check', '--json'], { env }).result;
    expect(dead.code).toBe(1);
    expect(JSON.parse(dead.stdout)).toMatchObject({ milliseconds: null });
    const failed = await second.start(['cache', 'pull', 'plot'], { env }).result;
    // All is here: nobody is asked.
    expect(failed.code).toBe(0);
    expect((await second.start(['cache', 'push', 'plot'], { env }).result).code).toBe(1);
  });

  it('is killed amid a transfer, and the run makes the rest itself', async () => {
    const slow = await Nginx.start('limit_rate 300k;');
    await first.start(['cache', 'push'], { env: slow.env('write') }).result;
    const second = makeClone();
    let isKilled: Promise<void> | null = null;
    const { result } = second.start(['run', '--json'], {
      env: slow.env('read'),
      onEvent: (event) => {
        if (event.type === 'transfer' && event.bytes > 100_000) isKilled ??= slow.kill();
      },
    });
    const run = await result;
    await isKilled;
    expect(isKilled).not.toBeNull();
    expect(run.code).toBe(0);
    const warnings = parseEvents(run).filter(
      (event) => event.type === 'warning' && event.node === null,
    );
    expect(warnings).toHaveLength(1);
    expect(run.executed ?? parseEvents(run).at(-1)).toBeTruthy();
    expect(second.read('out/plot.txt')).toBe(first.read('out/plot.txt'));
    expect(second.cacheFaults().filter((fault) => fault.includes('objects'))).toEqual([]);
    expect(existsSync(join(second.path, 'out/big1'))).toBe(true);
    expect(second.names('.pipeline/tmp')).toEqual([]);
  });
});
