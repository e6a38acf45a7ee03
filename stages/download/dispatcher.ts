/** Opens connections: directly, or through the proxy that the environment names. */

import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { fail } from '../../experiment/data/failure.ts';
import type { TransferLimits } from './transfer.ts';

const PROXY_PROTOCOLS = ['http:', 'https:', 'socks5:', 'socks:'];

/**
 * Opens a dispatcher that honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY (in either case). Fails with
 * a message for the user where a proxy's address is malformed.
 */
export function openDispatcher(limits: TransferLimits): Dispatcher {
  const connect = { timeout: limits.connectTimeoutMs };
  const httpProxy = readProxy('http_proxy');
  const httpsProxy = readProxy('https_proxy');
  return new EnvHttpProxyAgent({
    connect,
    proxyTls: connect,
    requestTls: connect,
    // Plain HTTP goes through a proxy in absolute form (RFC 9112, 3.2.2): many proxies tunnel to
    // port 443 only.
    proxyTunnel: false,
    clientFactory: (origin, options) =>
      new TunnelPool(origin, { ...options, headersTimeout: limits.idleTimeoutMs }),
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
  });
}

type ConnectOptions = Parameters<Pool['connect']>[0];
type ConnectCallback = Parameters<Pool['connect']>[1];

/**
 * The connections to a proxy that tunnels. Where the proxy drops a tunnel that is asked for, undici 7
 * takes the `UND_ERR_SOCKET` for one to recover from and reconnects without end
 * (https://github.com/nodejs/undici/issues/3897); under another code it gives up.
 */
class TunnelPool extends Pool {
  override connect(options: ConnectOptions): Promise<Dispatcher.ConnectData>;
  override connect(options: ConnectOptions, callback: ConnectCallback): void;
  override connect(
    options: ConnectOptions,
    callback?: ConnectCallback,
  ): Promise<Dispatcher.ConnectData> | undefined {
    if (callback !== undefined) {
      super.connect(options, callback);
      return undefined;
    }
    return super.connect(options).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'UND_ERR_SOCKET') throw error;
      throw new Error(`the proxy dropped the tunnel: ${error.message}`, { cause: error });
    });
  }
}

/** As curl does, takes `proxy.example:8080` for `http://proxy.example:8080`, and leaves out a path. */
function readProxy(name: string): string | undefined {
  const value = process.env[name] ?? process.env[name.toUpperCase()];
  if (value === undefined || value === '') return value;
  const address = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || url.hostname === '' || !PROXY_PROTOCOLS.includes(url.protocol)) {
    return fail(
      `the environment variable ${name.toUpperCase()} holds no address of a proxy; ` +
        'expected http://host:port',
    );
  }
  url.pathname = '';
  url.search = '';
  url.hash = '';
  return url.href;
}
