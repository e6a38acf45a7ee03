/** Files of the workspace that the page leads to: reports, and what they show. */

import { createReadStream, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { isSystemError } from '../system/errors.ts';
import { sendRefusal } from './send.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.jsonl': 'text/plain; charset=utf-8',
  '.csv': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.yaml': 'text/plain; charset=utf-8',
  '.tex': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.pdf': 'application/pdf',
  '.woff2': 'font/woff2',
};

/**
 * What a file of the workspace may do: show itself with what stands beside it, and run its scripts as nobody's, so that
 * they can ask this server for nothing.
 */
const FILE_POLICY = [
  'sandbox allow-scripts allow-popups allow-downloads',
  "default-src 'none'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
].join('; ');

/** The pages about results that stand in a workspace: of `pipeline report`, and of folders named by the profile. */
export function findReports(workspace: string, profile: string | null): readonly string[] {
  const folders = readdirSync(workspace, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isShown(entry.name) && entry.name !== 'node_modules')
    .map(({ name }) => name);
  const named = profile === null ? [] : folders.map((name) => `${name}/${profile}/index.html`);
  return ['report.html', ...named].filter((path) => existsSync(join(workspace, path)));
}

/** Answers with a file of the workspace: none whose path leads out of it, by links either, or has a hidden name in it. */
export function sendFile(response: ServerResponse, workspace: string, address: string): void {
  const path = findFile(workspace, address);
  if (path === null) {
    sendRefusal(response, 404, 'there is no such file');
    return;
  }
  response.setHeader('content-security-policy', FILE_POLICY);
  // Its page is of no origin, so that what stands beside it is of another.
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
  const type = TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type });
  const stream = createReadStream(path);
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

function findFile(workspace: string, address: string): string | null {
  try {
    const steps = address.split('/').map(decodeURIComponent);
    if (!steps.every((step) => isShown(step) && !/[/\\\0]/.test(step))) return null;
    const root = realpathSync(workspace);
    const path = realpathSync(join(root, ...steps));
    if (!path.startsWith(root + sep)) return null;
    const isHidden = !path
      .slice(root.length + 1)
      .split(sep)
      .every(isShown);
    return isHidden || !statSync(path).isFile() ? null : path;
  } catch (error) {
    if (error instanceof URIError || isSystemError(error)) return null;
    throw error;
  }
}

function isShown(name: string): boolean {
  return name !== '' && !name.startsWith('.');
}
