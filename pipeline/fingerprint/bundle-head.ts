/** The first line of a bundle on disk: what its loader must know before it runs it. */

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** What whoever loads a bundle must know of it. */
export interface BundleHead {
  /** What it imports by names of its own: name → folder of the package from the workspace. */
  readonly packages: Readonly<Record<string, string>>;
  /** Files, from the workspace, that are hashed with it and that Node itself may look at. */
  readonly files: readonly string[];
}

const MARK = '//# pipeline-bundle=';
const HEAD_BYTES = 1 << 16;

/** The first line of a bundle. */
export function formatHead(head: BundleHead): string {
  return MARK + encodeURIComponent(JSON.stringify(head));
}

/** Reads {@link formatHead} from a bundle. */
export function readHead(bundle: string): BundleHead {
  const start = readStart(bundle);
  const text = start.includes('\n') ? start : readFileSync(bundle, 'utf8');
  const line = text.slice(0, text.indexOf('\n'));
  if (!line.startsWith(MARK)) return { packages: {}, files: [] };
  return JSON.parse(decodeURIComponent(line.slice(MARK.length))) as BundleHead;
}

function readStart(path: string): string {
  const buffer = Buffer.alloc(HEAD_BYTES);
  const fd = openSync(path, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}
