/** Small real HTTP servers on 127.0.0.1. */

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** A server that listens. */
export interface TestServer {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** The URL of an archive on it. */
  readonly url: string;
  /** Every request so far, in order. */
  readonly requests: readonly IncomingMessage[];
  readonly close: () => Promise<void>;
}

/** Serves every request with `listener` on a free port, and CONNECT requests with `tunnel`. */
export async function serve(
  listener: RequestListener,
  tunnel?: (incoming: IncomingMessage, socket: Duplex) => void,
): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((incoming, response) => {
    requests.push(incoming);
    listener(incoming, response);
  });
  const tunnels: Duplex[] = [];
  if (tunnel !== undefined) server.on('connect', tunnel);
  server.on('connect', (_, socket) => tunnels.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    url: `${origin}/cifar-10-binary.tar.gz`,
    requests,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
        // A server forgets a connection once it is a tunnel.
        for (const socket of tunnels) socket.destroy();
      }),
  };
}

/** The URL of a server that is gone: connections to it are refused. */
export async function closedUrl(): Promise<string> {
  const server = await serve(() => undefined);
  await server.close();
  return server.url;
}

/** Sends a whole archive with its length and, where given, an entity tag. */
export function sendWhole(response: ServerResponse, archive: Uint8Array, etag?: string): void {
  response.writeHead(200, {
    'content-length': archive.length,
    ...(etag === undefined ? {} : { etag, 'accept-ranges': 'bytes' }),
  });
  response.end(archive);
}

/** Declares the whole length, sends the bytes from `first` up to `end` and drops the connection. */
export function sendBroken(
  response: ServerResponse,
  archive: Uint8Array,
  etag: string,
  end: number,
  first = 0,
): void {
  const range = { 'content-range': `bytes ${first}-${archive.length - 1}/${archive.length}` };
  response.writeHead(first === 0 ? 200 : 206, {
    'content-length': archive.length - first,
    etag,
    ...(first === 0 ? {} : range),
  });
  response.write(archive.subarray(first, end), () => response.destroy());
}

/** Answers as RFC 9110 asks: the range where `If-Range` still holds, else the whole. */
export function sendRange(
  incoming: Pick<IncomingMessage, 'headers'>,
  response: ServerResponse,
  archive: Uint8Array,
  etag: string,
): void {
  const range = /^bytes=(\d+)-$/.exec(incoming.headers.range ?? '');
  if (range === null || incoming.headers['if-range'] !== etag) {
    sendWhole(response, archive, etag);
    return;
  }
  const first = Number(range[1]);
  if (first >= archive.length) {
    response.writeHead(416, { 'content-range': `bytes */${archive.length}` }).end();
    return;
  }
  response.writeHead(206, {
    'content-length': archive.length - first,
    'content-range': `bytes ${first}-${archive.length - 1}/${archive.length}`,
    etag,
  });
  response.end(archive.subarray(first));
}

/** A forward proxy for plain HTTP: takes absolute-form requests (RFC 9112, 3.2.2) and passes them on. */
export function serveProxy(): Promise<TestServer> {
  return serve((incoming, response) => {
    const outgoing = request(incoming.url ?? '', { headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.writeHead(502).end());
    outgoing.end();
  });
}
