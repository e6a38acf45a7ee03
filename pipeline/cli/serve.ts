/** `pipeline serve`: arguments → the server of the live page, until Ctrl-C. */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServedPage, serveWorkspace } from '../serve/serve-workspace.ts';
import { badArgument } from '../session/mistakes.ts';
import { withLayout } from '../session/open-layout.ts';
import type { Program } from '../session/program.ts';
import { isErrorCode } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import type { Output } from './output.ts';
import { watchSignals } from './watch-signals.ts';

/** Options of `pipeline serve`. */
export interface ServeCommandOptions {
  readonly directory?: string;
  readonly port?: string;
  readonly open?: boolean;
  readonly allowActions?: boolean;
  readonly json?: boolean;
}

/**
 * `pipeline serve`: serves the live page of the workspace until Ctrl-C.
 *
 * @returns the exit code: 130, as of `watch`
 * @throws {UserMistakes} where there is no workspace, or the port cannot be had
 */
export function serveCommand(
  { directory, port, open, allowActions, json }: ServeCommandOptions,
  program: Program,
  output: Output,
): Promise<number> {
  const settings = { port: readPort(port), allowsActions: allowActions === true };
  return withLayout(directory, undefined, async (layout) => {
    const { signal, dispose } = watchSignals({ report: () => {} });
    const over = new Promise((resolve) => signal.addEventListener('abort', resolve));
    const page = await startServer(layout, settings, program);
    const { address } = page;
    if (json === true)
      output.print(`${JSON.stringify({ type: 'serving', address, port: page.port })}\n`);
    else output.print(`[serve] ${address}\n[serve] Ctrl-C ends it; runs go on without it\n`);
    if (open === true) openInBrowser(address, layout);
    await over;
    await page.close();
    dispose();
    return 130;
  });
}

async function startServer(
  layout: StateLayout,
  settings: Parameters<typeof serveWorkspace>[1],
  program: Program,
): Promise<ServedPage> {
  try {
    return await serveWorkspace(layout, settings, program);
  } catch (error) {
    if (!isErrorCode(error, 'EADDRINUSE', 'EACCES') || settings.port === null) throw error;
    const why = isErrorCode(error, 'EACCES') ? 'may not be used by this user' : 'is taken';
    throw badArgument(`--port ${settings.port}`, `port ${settings.port} ${why}`, {
      expected: 'another one, or none, for any that is free',
    });
  }
}

function readPort(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw badArgument('--port', `"${text}" is no port`, { expected: 'a whole number up to 65535' });
}

/** Opens a page by a file of the user's own, since what a program is started with all users of the machine can see. */
function openInBrowser(address: string, { temporary }: StateLayout): void {
  mkdirSync(temporary, { recursive: true });
  const file = join(temporary, 'open.html');
  const text = `<!doctype html><meta http-equiv="refresh" content="0;url=${address}">\n`;
  writeFileSync(file, text, { mode: 0o600 });
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [file], { stdio: 'ignore', detached: true });
  // Without one the address is on the terminal.
  child.on('error', () => {});
  child.unref();
}
