import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { serve, stopServers } from '../../fixtures/remote-server.ts';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeClone, NODES } from './sharing.ts';

const shared = mkdtempSync(join(tmpdir(), 'shared-'));

afterAll(async () => {
  removeWorkspaces();
  await stopServers();
  rmSync(shared, { recursive: true });
});

/** Answers with what has been put, unless `answer` does. */
function makeServer(answer: (...args: Parameters<RequestListener>) => boolean): RequestListener {
  const entries = new Map<string, Buffer>();
  return async (request, response) => {
    if (answer(request, response)) return;
    const { method, url = '' } = request;
    if (method === 'PUT') {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      entries.set(url, Buffer.concat(pieces));
      response.writeHead(201).end();
      return;
    }
    const entry = entries.get(url);
    if (entry === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': entry.length }).end(entry);
  };
}

type Fault = (...args: Parameters<RequestListener>) => boolean;

/** A server that has all results, and from then on answers reads of objects, or all reads, otherwise. */
const FAULTS: Record<string, { fault: Fault; warning: RegExp | null }> = {
  '500 for everything': {
    fault: (_, response) => {
      response.writeHead(500).end('oh');
      return true;
    },
    warning: /answered with 500/,
  },
  '404 for objects after HEAD says that they are there': {
    fault: ({ method, url }, response) => {
      if (url?.startsWith('/cas/') !== true) return false;
      response.writeHead(method === 'HEAD' ? 200 : 404).end();
      return true;
    },
    warning: null,
  },
  'a byte now and then': {
    fault: ({ url }, response) => {
      if (url?.startsWith('/cas/') !== true) return false;
      response.writeHead(200, { 'content-length': 1_000_000 });
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
      return true;
    },
    warning: /hardly anything in 0\.5 s/,
  },
  silence: { fault: () => true, warning: /hardly anything in 0\.5 s/ },
  'a page for every address': {
    fault: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
      return true;
    },
    warning: null,
  },
  'a redirection': {
    fault: (_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      return true;
    },
    warning: /answered with 302/,
  },
  'objects without an end': {
    fault: ({ url }, response) => {
      if (url?.startsWith('/cas/') !== true) return false;
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(1 << 20, 'x')), 1);
      response.on('close', () => clearInterval(timer));
      return true;
    },
    warning: null,
  },
  'connections that break off': {
    fault: ({ url }, response) => {
      if (url?.startsWith('/cas/') !== true) return false;
      response.writeHead(200, { 'content-length': 1_000_000 });
      response.write('x', () => response.destroy());
      return true;
    },
    warning: /cut off|aborted/,
  },
  'something that is not HTTP': {
    fault: (_, response) => {
      response.socket?.end('220 mail.example.org ready\r\n');
      return true;
    },
    warning: /cut off \(HPE_/,
  },
};

describe('a server that answers', () => {
  it.each(Object.entries(FAULTS))('%s fails no run', async (_, { fault, warning }) => {
    let isFaulty = false;
    const { url } = await serve(makeServer((...args) => isFaulty && fault(...args)));
    const env = { PIPELINE_CACHE_REMOTE: url, PIPELINE_CACHE_PATIENCE: '0.5' };
    const first = makeClone();
    expect(await first.run(['--push'], { env })).toMatchObject({ code: 0, executed: NODES });
    isFaulty = true;
    const second = makeClone();
    const run = await second.run([], { env });
    expect(run).toMatchObject({ code: 0, executed: NODES, failed: 0, stderr: '' });
    const told = (run.stdout.match(/\[warning\] the remote cache.*/g) ?? []).filter(
      (line) => !/has no sound record|has other bytes/.test(line),
    );
    if (warning === null) expect(told).toEqual([]);
    else expect(told).toEqual([expect.stringMatching(warning)]);
    expect(second.read('out/plot.txt')).toBe(first.read('out/plot.txt'));
    expect(second.cacheFaults()).toEqual([]);
    expect(second.names('.pipeline/tmp')).toEqual([]);
    // Nor does it one that sends.
    const third = makeClone();
    expect(await third.run(['--push'], { env })).toMatchObject({ code: 0, failed: 0 });
  });

  it('nothing keeps no run from being interrupted', async () => {
    let ask = () => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const { url } = await serve(() => ask());
    // Longer than the test may take.
    const env = { PIPELINE_CACHE_REMOTE: url, PIPELINE_CACHE_PATIENCE: '3600' };
    const { child, result } = makeClone().start(['run'], { env });
    await asked;
    child.kill('SIGINT');
    expect(await result).toMatchObject({ code: 130, executed: 0 });
  });

  it('one question after the other is not waited for', async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    // Answers only when many have asked, or all that are left have.
    const { url } = await serve((_, response) => {
      waiting.push(() => response.writeHead(404).end());
      most = Math.max(most, waiting.length);
      const answer = () => {
        for (const one of waiting.splice(0)) one();
      };
      if (waiting.length >= 20) answer();
      else setTimeout(answer, 100);
    });
    const cells = Array.from({ length: 200 }, (_, i) => i);
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  s: { matrix: { i: [${cells.join(', ')}] }, template: t.njk, outputs: { o: "o/{{ i }}" } }
`,
      't.njk': '{{ i }}\n',
    });
    const run = await workspace.run([], { env: { PIPELINE_CACHE_REMOTE: url } });
    expect(run).toMatchObject({ code: 0, executed: 200 });
    expect(most).toBeGreaterThanOrEqual(20);
  });
});

describe('a shared folder', () => {
  it('shares results; one that is not there is told of', async () => {
    const url = `file://${shared}`;
    const first = makeClone();
    expect(await first.run(['--push', '--remote', url])).toMatchObject({ executed: NODES });
    const second = makeClone();
    second.edit('pipeline.yaml', 'version: 1', `version: 1\ncache: { remote: "${url}" }`);
    const run = await second.run(['plot', '--offline']);
    expect(run).toMatchObject({ code: 0, executed: 0, cached: NODES });
    expect(second.read('out/plot.txt')).toBe(first.read('out/plot.txt'));
    const third = makeClone();
    const lost = await third.run(['conf', '--remote', `${url}/lost`]);
    expect(lost).toMatchObject({ code: 0, executed: 1 });
    expect(lost.stdout).toMatch(/\[warning\] the remote cache .* there is no folder .*lost/);
  });

  it('is not needed by what is up to date here, whose outputs upstream stay there', async () => {
    const second = makeClone();
    await second.run(['plot', '--remote', `file://${shared}`]);
    const run = await second.run(['plot', '--remote', 'off']);
    expect(run).toMatchObject({ code: 0, executed: 0, cached: NODES });
    // What is read and cannot be had is made.
    second.edit('pipeline.yaml', 'cat {{ inputs.m }}', 'sort -r {{ inputs.m }}');
    const rerun = await second.run(['plot', '--remote', 'off']);
    expect(rerun).toMatchObject({ code: 0, executed: 5, cached: 1, failed: 0 });
  });

  it('shares what stages were seen to read', async () => {
    const files = {
      'pipeline.yaml': `version: 1
stages:
  s: { module: s.mjs, inputs: auto, outputs: { o: o.txt } }
`,
      's.mjs': `import { readFileSync, writeFileSync } from 'node:fs';
export const run = ({ outputs }) => writeFileSync(outputs.o, readFileSync('in.txt'));
`,
      'in.txt': 'one\n',
    };
    mkdirSync(join(shared, 'auto'));
    const args = ['--remote', `file://${join(shared, 'auto')}`];
    expect(await makeWorkspace(files).run([...args, '--push'])).toMatchObject({ executed: 1 });
    expect(await makeWorkspace(files).run(args)).toMatchObject({ executed: 0, cached: 1 });
    const other = makeWorkspace({ ...files, 'in.txt': 'two\n' });
    expect(await other.run(args)).toMatchObject({ executed: 1 });
  });
});

describe('an address that cannot be used', () => {
  it.each([
    ['https://ann:hunter2@cache.example.org', 'has a user or password in it'],
    ['ftp://cache.example.org', 'no address that can be used'],
    ['https//ann:hunter2@cache.example.org', 'no address that can be used'],
    ['file://other/cache', 'of another host'],
    ['https://cache.example.org/?token=hunter2', 'a query or fragment'],
    ['http://cache.example.org', 'for anybody to read'],
  ])('%s is refused, without being repeated', async (url, text) => {
    const env = { PIPELINE_CACHE_REMOTE: url, PIPELINE_CACHE_TOKEN: 't0k3n' };
    const { code, stderr, stdout } = await makeClone().run([], { env });
    expect(code).toBe(2);
    expect(stderr).toContain(text);
    expect(stdout + stderr).not.toMatch(/hunter2|t0k3n/);
    const written = makeClone();
    written.edit('pipeline.yaml', 'version: 1', `version: 1\ncache: { remote: "${url}" }`);
    const refused = await written.run([], { env: { PIPELINE_CACHE_TOKEN: 't0k3n' } });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(text);
    expect(refused.stdout + refused.stderr).not.toMatch(/hunter2|t0k3n/);
  });
});
