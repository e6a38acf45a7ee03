import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildTarGz, cifarEntries, hexDigest } from '../../fixtures/tar.ts';
import { sendBroken, sendRange, sendWhole, serve, type TestServer } from './server.ts';
import { openWorkspace, type Workspace } from './stage.ts';

const archive = buildTarGz(cifarEntries());
const md5 = hexDigest('md5', archive);
const half = archive.length >> 1;

let stage: Workspace;
const servers: TestServer[] = [];

async function start(...listener: Parameters<typeof serve>): Promise<TestServer> {
  const server = await serve(...listener);
  servers.push(server);
  return server;
}

/** The archive that the stage unpacked was the whole one. */
async function expectRecords(): Promise<void> {
  const batch = cifarEntries().find(({ path }) => path.endsWith('data_batch_5.bin'));
  const found = await readFile(join(stage.records, 'data_batch_5.bin'));
  expect(found.equals(Buffer.from(batch?.data ?? []))).toBe(true);
  expect(await readdir(stage.scratch)).toEqual([]);
}

function ranges(server: TestServer): (string | undefined)[] {
  return server.requests.map((request) => request.headers.range);
}

beforeEach(async () => {
  stage = await openWorkspace();
  for (const name of ['http_proxy', 'https_proxy']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), undefined);
  }
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await stage.remove();
});

describe('a transfer that breaks midway', () => {
  it('is continued by Range, guarded by the entity tag', async () => {
    const server = await start((incoming, response) => {
      if (server.requests.length === 1) sendBroken(response, archive, '"v1"', half);
      else sendRange(incoming, response, archive, '"v1"');
    });
    await stage.run({ mirrors: [server.url], md5 });
    const [first, second] = server.requests;
    expect(server.requests).toHaveLength(2);
    expect(first?.headers.range).toBeUndefined();
    expect(second?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(second?.headers['if-range']).toBe('"v1"');
    await expectRecords();
  });

  it('is continued in a later run, from what the failed one kept', async () => {
    let broken = true;
    const server = await start((incoming, response) => {
      if (!broken) sendRange(incoming, response, archive, '"v1"');
      else if (server.requests.length === 1) sendBroken(response, archive, '"v1"', half);
      else response.writeHead(503).end();
    });
    const message = await stage.fail({ mirrors: [server.url], md5 });
    expect(message).toContain(`${server.url}: HTTP 503 Service Unavailable`);
    expect(message).toMatch(/The [\d.]+ KiB that came from \S+ are kept: run again to go on/);
    expect(await readdir(join(stage.root, 'outputs'))).toEqual([]);
    expect(await readdir(stage.scratch)).toHaveLength(2);
    // The first request and three retries.
    expect(server.requests).toHaveLength(4);
    broken = false;
    await stage.run({ mirrors: [server.url], md5 });
    expect(server.requests).toHaveLength(5);
    expect(server.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    await expectRecords();
  });

  it('keeps nothing, and says nothing of it, where the server identifies no version', async () => {
    const server = await start((_, response) => {
      response.writeHead(200, { 'content-length': archive.length });
      response.write(archive.subarray(0, half), () => response.destroy());
    });
    const message = await stage.fail({ mirrors: [server.url], md5 });
    expect(message).toContain(`${server.url}: the connection broke`);
    expect(message).not.toContain('kept');
    expect(ranges(server)).toEqual([undefined, undefined, undefined, undefined]);
    expect(await stage.leftovers()).toEqual([]);
  });

  it('goes on for as long as every attempt brings something', async () => {
    const large = buildTarGz(cifarEntries({ perBatch: 500, test: 10 }));
    const step = 1_200_000;
    const server = await start((incoming, response) => {
      const first = Number(/\d+/.exec(incoming.headers.range ?? '')?.[0] ?? 0);
      if (first + step >= large.length) sendRange(incoming, response, large, '"v1"');
      else sendBroken(response, large, '"v1"', first + step, first);
    });
    await stage.run({ mirrors: [server.url], md5: hexDigest('md5', large) });
    expect(server.requests.length).toBeGreaterThan(5);
  });

  it('starts over where the server ignores Range', async () => {
    const server = await start((_, response) => {
      if (server.requests.length === 1) sendBroken(response, archive, '"v1"', half);
      else sendWhole(response, archive, '"v1"');
    });
    await stage.run({ mirrors: [server.url], md5 });
    expect(server.requests).toHaveLength(2);
    await expectRecords();
  });

  it('starts over where the file on the server changed in between', async () => {
    const older = buildTarGz(cifarEntries({ perBatch: 30, test: 10 }));
    const server = await start((incoming, response) => {
      if (server.requests.length === 1) sendBroken(response, older, '"v1"', half);
      else sendRange(incoming, response, archive, '"v2"');
    });
    await stage.run({ mirrors: [server.url], md5 });
    expect(server.requests[1]?.headers['if-range']).toBe('"v1"');
    expect(server.requests).toHaveLength(2);
    await expectRecords();
  });

  it('starts over where the server answers with a part of another version', async () => {
    const server = await start((incoming, response) => {
      if (server.requests.length === 1) sendBroken(response, archive, '"v1"', half);
      else if (server.requests.length === 2)
        sendBroken(response, archive, '"v2"', archive.length, half + 7);
      else sendRange(incoming, response, archive, '"v2"');
    });
    await stage.run({ mirrors: [server.url], md5 });
    expect(server.requests[2]?.headers.range).toBeUndefined();
    await expectRecords();
  });

  it('starts over where the server says that there is no such part (416)', async () => {
    const server = await start((incoming, response) => {
      if (server.requests.length === 1) sendBroken(response, archive, '"v1"', half);
      else if (incoming.headers.range !== undefined) response.writeHead(416).end();
      else sendWhole(response, archive, '"v2"');
    });
    await stage.run({ mirrors: [server.url], md5 });
    expect(server.requests).toHaveLength(3);
    await expectRecords();
  });

  it('falls back on the date of last change where the entity tag is weak', async () => {
    const changed = 'Wed, 04 Mar 2009 20:00:00 GMT';
    const server = await start((incoming, response) => {
      if (server.requests.length === 1) {
        response.setHeader('last-modified', changed);
        sendBroken(response, archive, 'W/"v1"', half);
      } else {
        const held = incoming.headers['if-range'] === changed;
        sendRange(
          { headers: { ...incoming.headers, 'if-range': held ? 'W/"v1"' : '' } },
          response,
          archive,
          'W/"v1"',
        );
      }
    });
    await stage.run({ mirrors: [server.url], md5 });
    expect(server.requests[1]?.headers['if-range']).toBe(changed);
    await expectRecords();
  });

  it('counts a server that falls silent as broken', async () => {
    const server = await start((incoming, response) => {
      if (server.requests.length > 1) sendRange(incoming, response, archive, '"v1"');
      else {
        response.writeHead(200, { 'content-length': archive.length, etag: '"v1"' });
        response.write(archive.subarray(0, half));
      }
    });
    await stage.run({ mirrors: [server.url], md5 }, { limits: { idleTimeoutMs: 300 } });
    expect(stage.messages().join('\n')).toContain('the server fell silent');
    expect(server.requests[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    await expectRecords();
  });
});

describe('a download that is interrupted', () => {
  it('is continued by the next run', async () => {
    const server = await start((incoming, response) => {
      if (server.requests.length > 1) sendRange(incoming, response, archive, '"v1"');
      else {
        response.writeHead(200, { 'content-length': archive.length, etag: '"v1"' });
        response.write(archive.subarray(0, half));
      }
    });
    const interrupt = new AbortController();
    const run = stage.run(
      { mirrors: [server.url], md5 },
      {
        signal: interrupt.signal,
        onEvent: (event) => {
          if (event.type === 'progress') interrupt.abort(new Error('interrupted by the test'));
        },
      },
    );
    await expect(run).rejects.toThrow('interrupted by the test');
    expect(await readdir(join(stage.root, 'outputs'))).toEqual([]);
    await stage.run({ mirrors: [server.url], md5 });
    expect(server.requests[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    await expectRecords();
  });

  it('is fetched again from the start where the kept part was damaged on the disk', async () => {
    const server = await start((incoming, response) => {
      if (server.requests.length <= 4) sendBroken(response, archive, '"v1"', half);
      else sendRange(incoming, response, archive, '"v1"');
    });
    await stage.fail({ mirrors: [server.url], md5 });
    const name = (await readdir(stage.scratch)).find((file) => file.endsWith('.partial')) ?? '';
    const part = await readFile(join(stage.scratch, name));
    part.fill(0, 100, 200);
    await writeFile(join(stage.scratch, name), part);
    await stage.run({ mirrors: [server.url], md5 });
    expect(stage.messages().at(-1)).toContain('fetching it again from the start');
    await expectRecords();
  });
});
