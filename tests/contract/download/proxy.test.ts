import { readdir, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildTarGz, cifarEntries, hexDigest } from '../../fixtures/tar.ts';
import { closedUrl, sendWhole, serve, serveProxy, type TestServer } from './server.ts';
import { openWorkspace, type Workspace } from './stage.ts';

const archive = buildTarGz(cifarEntries());
const md5 = hexDigest('md5', archive);

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

describe('the proxy of the environment', () => {
  it('carries the download where HTTP_PROXY names it, with or without its scheme', async () => {
    const server = await start(serve((_, response) => sendWhole(response, archive)));
    const proxy = await start(serveProxy());
    vi.stubEnv('HTTP_PROXY', proxy.origin);
    await stage.run({ mirrors: [server.url], md5 });
    expect(proxy.requests.map((request) => request.url)).toEqual([server.url]);
    await rm(stage.records, { recursive: true });
    vi.stubEnv('HTTP_PROXY', proxy.origin.replace('http://', ''));
    await stage.run({ mirrors: [server.url], md5 });
    expect(proxy.requests).toHaveLength(2);
    expect(server.requests).toHaveLength(2);
  });

  it('is left out for the hosts of NO_PROXY', async () => {
    const server = await start(serve((_, response) => sendWhole(response, archive)));
    vi.stubEnv('HTTP_PROXY', await closedUrl());
    vi.stubEnv('NO_PROXY', 'localhost,127.0.0.1');
    await stage.run({ mirrors: [server.url], md5 });
    expect(await readdir(stage.records)).toHaveLength(8);
  });

  it.each([
    ['refuses it', 'Proxy response (403)', { status: 'HTTP/1.1 403 Forbidden\r\n\r\n' }],
    ['drops it', 'the proxy dropped the tunnel', { status: null }],
    ['never answers', 'the server fell silent', { silent: true }],
  ])(
    'is asked once for a tunnel to an https: mirror, and the message says that it %s',
    async (_, expected, answer) => {
      const tunnels: (string | undefined)[] = [];
      const proxy = await start(
        serve(
          () => undefined,
          (incoming, socket) => {
            tunnels.push(incoming.url);
            if ('silent' in answer) return;
            if (answer.status === null) socket.destroy();
            else socket.end(answer.status);
          },
        ),
      );
      vi.stubEnv('HTTPS_PROXY', proxy.origin);
      const message = await stage.fail(
        { mirrors: ['https://mirror.invalid/a.tar.gz'], md5 },
        { limits: { idleTimeoutMs: 200, retries: 0 } },
      );
      expect(tunnels).toEqual(['mirror.invalid:443']);
      expect(message).toContain('https://mirror.invalid/a.tar.gz: ');
      expect(message).toContain(expected);
      expect(await stage.leftovers()).toEqual([]);
    },
  );

  it('that cannot be reached is the reason given', async () => {
    const server = await start(serve((_, response) => sendWhole(response, archive)));
    vi.stubEnv('HTTP_PROXY', await closedUrl());
    const message = await stage.fail({ mirrors: [server.url], md5 });
    expect(message).toContain(`${server.url}: connection refused`);
    expect(message).toContain('set HTTP_PROXY and HTTPS_PROXY');
    expect(server.requests).toHaveLength(0);
  });

  it('is refused by name where it is no address', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://:8080');
    const message = await stage.fail({ mirrors: ['http://mirror.invalid/a.tar.gz'], md5 });
    expect(message).toContain('HTTP_PROXY holds no address of a proxy; expected http://host:port');
  });
});
