/**
 * Measures how fast objects come from a remote cache, nginx on this machine, beside
 * `curl … | tee file | sha256sum` for the same bytes; a JSON line each.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail } from '../experiment/data/failure.ts';
import { ObjectStore } from '../pipeline/cache/objects.ts';
import type { Digest } from '../pipeline/fingerprint/canonical.ts';
import { ObjectFetcher, type WantedObject } from '../pipeline/remote/fetch-objects.ts';
import { HttpStore } from '../pipeline/remote/http-store.ts';
import { RemoteLink } from '../pipeline/remote/remote-link.ts';
import { StateLayout } from '../pipeline/system/layout.ts';
import { readNumber, runMain } from './options.ts';

const CONNECTIONS = 24;
const MB = 1_000_000;

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      mb: { type: 'string', default: '400' },
      files: { type: 'string', default: '1000' },
      kb: { type: 'string', default: '64' },
      rounds: { type: 'string', default: '3' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'bench-remote-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const rounds = readNumber('rounds', values.rounds);
  const large = [store(folder, readNumber('mb', values.mb) * MB)];
  const size = readNumber('kb', values.kb) * 1000;
  const small = Array.from({ length: readNumber('files', values.files) }, () =>
    store(folder, size),
  );
  const { base, stop } = await startServer(folder);
  try {
    for (const [name, objects] of [
      ['one', large],
      ['many', small],
    ] as const) {
      for (let round = 1; round <= rounds; round++) {
        const rival = timeCurl(folder, base, objects);
        const own = await timeFetcher(folder, base, objects);
        const bytes = objects.reduce((sum, one) => sum + (one.size ?? 0), 0);
        const about = { case: name, objects: objects.length, mb: bytes / MB, round };
        print({ tool: 'curl | tee | sha256sum', ...about, ...rate(bytes, rival) });
        const share = Number((rival / own).toFixed(2));
        print({ tool: 'pipeline', ...about, ...rate(bytes, own), of_curl: share });
      }
    }
  } finally {
    stop();
  }
  return 0;
});

/** An object of random bytes in the folder that the server has. */
function store(folder: string, size: number): WantedObject {
  const bytes = randomBytes(size);
  const digest = createHash('sha256').update(bytes).digest('hex') as Digest;
  mkdirSync(join(folder, 'served', 'cas'), { recursive: true });
  writeFileSync(join(folder, 'served', 'cas', digest), bytes);
  return { digest, size, mode: 0o444 };
}

/** Milliseconds. Of many objects, with the addresses in one call and the connection kept. */
function timeCurl(folder: string, base: URL, objects: readonly WantedObject[]): number {
  const list = objects.map(({ digest }) => `url = "${base.href}cas/${digest}"`).join('\n');
  writeFileSync(join(folder, 'list'), list);
  const command = `curl -s -K ${folder}/list | tee ${folder}/copy | sha256sum`;
  const startedAt = performance.now();
  const { status } = spawnSync('bash', ['-c', `set -o pipefail; ${command}`], { stdio: 'ignore' });
  if (status !== 0) fail(`this fails here: ${command}`);
  return performance.now() - startedAt;
}

/** Milliseconds, the flushing of the objects to disk included, as in a run. */
async function timeFetcher(
  folder: string,
  base: URL,
  objects: readonly WantedObject[],
): Promise<number> {
  const workspace = mkdtempSync(join(folder, 'workspace-'));
  const layout = new StateLayout(workspace, 'bench');
  const options = { token: null, patienceMs: 10_000, connections: CONNECTIONS };
  const link = new RemoteLink(base.href, new HttpStore(base, options), CONNECTIONS, {
    warn: (text) => fail(text),
    count: () => {},
  });
  const fetcher = new ObjectFetcher(link, new ObjectStore(layout), () => fail('other bytes'));
  const startedAt = performance.now();
  const came = await Promise.all(objects.map((object) => fetcher.fetch(object)));
  const milliseconds = performance.now() - startedAt;
  link.close();
  rmSync(workspace, { recursive: true });
  return came.every(Boolean) ? milliseconds : fail('not everything came');
}

/** nginx with one worker that serves a folder. */
async function startServer(folder: string): Promise<{ base: URL; stop: () => void }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const spare = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const text = `${process.geteuid?.() === 0 ? 'user root;' : ''} daemon off; pid ${folder}/pid;
events {}
http {
  access_log off; sendfile on; ${spare.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  server { listen 127.0.0.1:${port}; root ${folder}/served; keepalive_requests 100000; }
}
`;
  writeFileSync(join(folder, 'nginx.conf'), text);
  const args = ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  const child = spawn('nginx', args, { stdio: 'inherit' });
  const base = new URL(`http://127.0.0.1:${port}/`);
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  for (;;) {
    const answer = await Promise.race([fetch(base).catch(() => null), failed]);
    if (answer !== null) return { base, stop: () => child.kill() };
    if (child.exitCode !== null) fail('nginx does not start');
  }
}

function rate(bytes: number, milliseconds: number) {
  return {
    wall_ms: Number(milliseconds.toFixed(1)),
    mb_s: Math.round(bytes / 1000 / milliseconds),
  };
}

function print(line: object): void {
  console.log(JSON.stringify(line));
}
