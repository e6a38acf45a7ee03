import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildTarGz, cifarEntries, hexDigest } from '../../fixtures/tar.ts';
import { closedUrl, sendWhole, serve, type TestServer } from './server.ts';
import { openWorkspace, type Workspace } from './stage.ts';

const archive = buildTarGz(cifarEntries());
const md5 = hexDigest('md5', archive);
const other = buildTarGz(cifarEntries({ perBatch: 1, test: 1 }));
const FILES = [
  'batches.meta.txt',
  'data_batch_1.bin',
  'data_batch_2.bin',
  'data_batch_3.bin',
  'data_batch_4.bin',
  'data_batch_5.bin',
  'dataset.json',
  'test_batch.bin',
];

let stage: Workspace;
const servers: TestServer[] = [];

async function start(server: Promise<TestServer>): Promise<TestServer> {
  servers.push(await server);
  return server;
}

beforeEach(async () => {
  stage = await openWorkspace();
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), undefined);
  }
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await stage.remove();
});

/** A certificate that is signed by itself, and its key. */
function signOwn(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  );
  const files = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return files;
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('a mirror whose certificate is its own', () => {
  it.skipIf(!hasOpenssl)('is told of with the variable that names authorities', async () => {
    const server = createServer(signOwn(), (_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const url = `https://127.0.0.1:${port}/a.tar.gz`;
      const message = await stage.fail({ mirrors: [url], md5 });
      expect(message).toContain(`${url}: its certificate is signed by itself`);
      expect(message).toContain('set NODE_EXTRA_CA_CERTS to the file');
      expect(message).not.toContain('HTTP_PROXY');
    } finally {
      server.close();
    }
  });
});

describe('a download from mirrors', () => {
  it('unpacks the seven files and says where they come from', async () => {
    const server = await start(serve((_, response) => sendWhole(response, archive)));
    await stage.run({ mirrors: [server.url], md5 });
    expect((await readdir(stage.records)).sort()).toEqual(FILES);
    for (const entry of cifarEntries()) {
      const name = entry.path.split('/').at(-1) ?? '';
      if (!FILES.includes(name)) continue;
      expect(
        (await readFile(join(stage.records, name))).equals(Buffer.from(entry.data ?? [])),
      ).toBe(true);
    }
    const info: unknown = JSON.parse(await readFile(join(stage.records, 'dataset.json'), 'utf8'));
    expect(info).toMatchObject({
      name: 'CIFAR-10',
      synthetic: false,
      source_sha256: hexDigest('sha256', archive),
    });
    expect(await readdir(stage.scratch)).toEqual([]);
  });

  it('reports its progress in bytes of the declared length, under the name of the archive', async () => {
    const server = await start(serve((_, response) => sendWhole(response, archive)));
    await stage.run({ mirrors: [server.url], md5 });
    const progress = stage.events.filter((event) => event.type === 'progress');
    expect(progress.at(-1)).toEqual({
      type: 'progress',
      label: 'cifar-10-binary.tar.gz',
      unit: 'B',
      done: archive.length,
      total: archive.length,
      fields: {},
    });
    expect(stage.events.at(-1)).toEqual({
      type: 'summary',
      values: { train: 100, test: 10, archive_bytes: archive.length },
    });
  });

  it('uses the second mirror where the first has another file', async () => {
    const wrong = await start(serve((_, response) => sendWhole(response, other)));
    const right = await start(serve((_, response) => sendWhole(response, archive)));
    await stage.run({ mirrors: [wrong.url, right.url], md5 });
    expect((await readdir(stage.records)).sort()).toEqual(FILES);
    expect(await readdir(stage.scratch)).toEqual([]);
    expect(wrong.requests).toHaveLength(1);
  });

  it('lists every mirror with its reason where none delivers, and leaves nothing', async () => {
    const wrong = await start(serve((_, response) => sendWhole(response, other)));
    const missing = await start(serve((_, response) => response.writeHead(404).end('gone')));
    const refused = await closedUrl();
    const message = await stage.fail({ mirrors: [wrong.url, missing.url, refused], md5 });
    expect(message).toContain(
      `${wrong.url}: wrong checksum: expected MD5 ${md5}, found ${hexDigest('md5', other)}`,
    );
    expect(message).toContain(`${missing.url}: HTTP 404 Not Found`);
    expect(message).toContain(`${refused}: connection refused`);
    expect(message).toContain('--set dataset.url=<path or URL> --set dataset.sha256=<64 digits>');
    expect(message).toContain('--profile quick');
    expect(message).not.toContain('kept');
    expect(missing.requests).toHaveLength(1);
    expect(await stage.leftovers()).toEqual([]);
  });

  it('waits as long as a server asks before it tries again', async () => {
    let first = 0;
    const server = await start(
      serve((_, response) => {
        const now = Date.now();
        first ||= now;
        if (now - first >= 1000) sendWhole(response, archive);
        else response.writeHead(429, { 'retry-after': '1' }).end();
      }),
    );
    await stage.run({ mirrors: [server.url], md5 });
    expect(server.requests).toHaveLength(2);
    expect(stage.messages()).toContainEqual(
      'cifar-10-binary.tar.gz: HTTP 429 Too Many Requests, which asks to wait 1 s; trying again in 1 s at 0 B, 1 of 3',
    );
  });

  it('goes on to the next mirror where one asks for a long wait, as seconds or as a date', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toUTCString();
    const busy = await Promise.all(
      ['3600', tomorrow].map((time) =>
        start(serve((_, response) => response.writeHead(503, { 'retry-after': time }).end())),
      ),
    );
    const right = await start(serve((_, response) => sendWhole(response, archive)));
    await stage.run({ mirrors: [...busy.map(({ url }) => url), right.url], md5 });
    expect(busy.map(({ requests }) => requests.length)).toEqual([1, 1]);
    const message = await stage.fail({ mirrors: [busy[0]?.url ?? ''], md5 });
    expect(message).toContain('HTTP 503 Service Unavailable, which asks to wait 3600 s');
  });

  it('follows redirects, and gives up on a circle of them', async () => {
    const server = await start(
      serve((incoming, response) => {
        if (incoming.url === '/circle') response.writeHead(302, { location: '/circle' }).end();
        else if (incoming.url === '/elsewhere') sendWhole(response, archive);
        else response.writeHead(301, { location: '/elsewhere' }).end();
      }),
    );
    await stage.run({ mirrors: [server.url], md5 });
    expect((await readdir(stage.records)).sort()).toEqual(FILES);
    const message = await stage.fail({ mirrors: [`${server.origin}/circle`], md5 });
    expect(message).toContain('more than 10 redirects');
  });

  it('never follows a redirect to a file of this machine', async () => {
    const server = await start(
      serve((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()),
    );
    const message = await stage.fail({ mirrors: [server.url], md5 });
    expect(message).toContain('which is no HTTP address');
    expect(await stage.leftovers()).toEqual([]);
  });

  it('refuses an archive that declares more than the limit, before it is sent', async () => {
    const server = await start(
      serve((_, response) => {
        response.writeHead(200, { 'content-length': 2 * 1024 ** 3 });
        response.write('x');
      }),
    );
    const message = await stage.fail({ mirrors: [server.url], md5 });
    expect(message).toContain('declares 2.0 GiB; the limit for an archive is 1.0 GiB');
    expect(server.requests).toHaveLength(1);
    expect(await stage.leftovers()).toEqual([]);
  });

  it('refuses an archive that sends more than the limit without declaring it', async () => {
    const server = await start(serve((_, response) => response.writeHead(200).end(archive)));
    const message = await stage.fail(
      { mirrors: [server.url], md5 },
      { limits: { archiveBytes: 64 * 1024 } },
    );
    expect(message).toContain('sends more; the limit for an archive is 64.0 KiB');
    expect(await stage.leftovers()).toEqual([]);
  });

  it('opens no connection under --offline and says what else there is', async () => {
    const server = await start(serve((_, response) => sendWhole(response, archive)));
    const message = await stage.fail({ mirrors: [server.url], md5 }, { offline: true });
    expect(message).toContain(`${server.url}: not tried under --offline`);
    expect(message).not.toContain('HTTP_PROXY');
    expect(message).toContain('--profile quick');
    expect(server.requests).toHaveLength(0);
    expect(await stage.leftovers()).toEqual([]);
  });

  it('sends credentials of the address to the server, and to no message', async () => {
    const server = await start(
      serve((incoming, response) => {
        const expected = `Basic ${Buffer.from('ada:l ove').toString('base64')}`;
        if (incoming.headers.authorization === expected) response.writeHead(410).end();
        else response.writeHead(401).end();
      }),
    );
    const url = server.url.replace('//', '//ada:l%20ove@');
    const message = await stage.fail({ mirrors: [`${url}?signature=secret`], md5 });
    expect(message).toContain('HTTP 410 Gone');
    expect(message + stage.messages().join()).not.toMatch(/ada|ove|secret/);
  });
});
