import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { HttpClient } from '../../../../pipeline/trackers/http-client.ts';
import type { TrackerFault } from '../../../../pipeline/trackers/tracker.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A client of a server that answers so. */
async function clientOf(answer: RequestListener, secret = 'Bearer key'): Promise<HttpClient> {
  const port = await listen(createHttpServer(answer));
  return new HttpClient(`http://127.0.0.1:${port}/base`, { authorization: secret });
}

/** What asking something fails by. */
async function faultOf(client: HttpClient, signal = AbortSignal.timeout(5_000)) {
  const asked = client.ask({ method: 'POST', path: '/x', json: { a: 1 }, signal });
  return await asked.then(
    () => null,
    (error: unknown) => error as TrackerFault,
  );
}

it('sends what it is given, and reads the answer', async () => {
  const client = await clientOf((request, response) => {
    const pieces: Buffer[] = [];
    request
      .on('data', (piece: Buffer) => pieces.push(piece))
      .on('end', () => {
        const { method, url, headers } = request;
        const about = [method, url, headers.authorization, headers['content-type']];
        response.end(JSON.stringify({ about, body: Buffer.concat(pieces).toString() }));
      });
  });
  const signal = AbortSignal.timeout(5_000);
  const { json } = await client.ask({
    method: 'POST',
    path: '/x',
    query: { y: 'ä b' },
    json: { z: 'ü' },
    signal,
  });
  expect(json).toEqual({
    about: ['POST', '/base/x?y=%C3%A4+b', 'Bearer key', 'application/json'],
    body: '{"z":"ü"}',
  });
  const form = new FormData();
  form.append('file', new Blob(['bytes of it']), 'a b.png');
  const sent = await client.ask({ method: 'POST', path: '/x', body: form, signal });
  expect(sent.json['body']).toMatch(
    /name="file"; filename="a b.png"[\s\S]*\r\n\r\nbytes of it\r\n/,
  );
  expect(sent.json['about']).toContainEqual(expect.stringMatching(/^multipart\/form-data; bound/));
});

it.each([
  [401, 'refused', true],
  [302, 'refused', true],
  [400, 'unfit', true],
  [404, 'unfit', true],
  [413, 'unfit', true],
  [429, 'busy', true],
  // A proxy says so too of what the server behind it has taken.
  [503, 'busy', false],
  [502, 'away', false],
])('takes %i for %s', async (status, kind, isCertain) => {
  const client = await clientOf((request, response) => {
    request.resume();
    response.writeHead(status, { location: '/elsewhere' }).end();
  });
  expect(await faultOf(client)).toMatchObject({ kind, isCertain });
});

it('shows no secret that a server repeats, with or without its scheme', async () => {
  const client = await clientOf((request, response) => {
    const said = `${request.headers.authorization} and key-1`;
    response.writeHead(400).end(said);
  }, 'Bearer key-1');
  const fault = await faultOf(client);
  expect(fault?.message).toContain('400: *** and ***');
  expect(fault?.message).not.toContain('key-1');
  const odd = new HttpClient('http://127.0.0.1:1', { authorization: 'Bearer key\n1' });
  expect((await faultOf(odd))?.message).not.toMatch(/key/);
});

it('knows of what was not sent that it cannot have been taken', async () => {
  const port = await listen(createServer());
  servers.pop()?.close();
  const nobody = new HttpClient(`http://127.0.0.1:${port}`, {});
  expect(await faultOf(nobody)).toMatchObject({ kind: 'away', isCertain: true });
  const cut = await clientOf((request) => void request.socket.destroy());
  expect(await faultOf(cut)).toMatchObject({ kind: 'away', isCertain: false });
});

it('closes a connection that is still being made when there is no more time', async () => {
  let closed: Promise<void> | null = null;
  const abort = new AbortController();
  // It takes the connection, and never answers the handshake.
  const port = await listen(
    createServer((socket) => {
      closed = new Promise((resolve) => socket.on('close', () => resolve()).on('error', () => {}));
      socket.once('data', () => abort.abort());
    }),
  );
  const client = new HttpClient(`https://127.0.0.1:${port}`, {});
  expect(await faultOf(client, abort.signal)).toMatchObject({ kind: 'away', isCertain: true });
  await closed;
});
