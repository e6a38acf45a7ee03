/** The programs that an installation needs, and how to get those that are missing. */

import type { Shell } from 'rederive/contract';
import { runProgram } from '../run-program.ts';

const PROBE_TIMEOUT = 20_000;

/** How to get what is missing. */
export const TOOL_REMEDIES = {
  npm: 'npm, which comes with Node.js (on Debian and Ubuntu: apt install npm)',
  compiler:
    'a C++ compiler, in $CXX or as c++, g++ or clang++ (on Debian and Ubuntu: apt install g++; ' +
    'on Fedora: dnf install gcc-c++; on macOS: xcode-select --install)',
  python:
    'Python 3 with pip (on Debian and Ubuntu: apt install python3-pip; on Fedora: ' +
    'dnf install python3-pip; on macOS: brew install python), or a TensorFlow library that you ' +
    'have, as --libtensorflow <dir>',
  pip:
    'pip 22.2 or later for Python (python3 -m ensurepip --upgrade; on Debian and Ubuntu: ' +
    'apt install python3-pip; for a newer one: python3 -m pip install --upgrade pip), or a ' +
    'TensorFlow library that you have, as --libtensorflow <dir>',
} as const;

/** A program with the arguments that come first (`ccache g++`), and the version it tells. */
export interface Tool {
  readonly command: string;
  readonly args: readonly string[];
  readonly version: string;
}

/** npm; null where there is none. */
export function findNpm($: Shell): Promise<Tool | null> {
  return findTool($, [['npm']]);
}

/** The C++ compiler of $CXX, else the first of the usual ones; null where there is none. */
export function findCompiler($: Shell): Promise<Tool | null> {
  const chosen = process.env['CXX']?.trim().split(/\s+/) ?? [];
  const [command, ...args] = chosen;
  return command ? findTool($, [[command, ...args]]) : findTool($, [['c++'], ['g++'], ['clang++']]);
}

/** The Python that is named, else `python3` or `python`; null where there is none. */
export function findPython($: Shell, named?: string): Promise<Tool | null> {
  return findTool($, named === undefined ? [['python3'], ['python']] : [[named]]);
}

/** pip of a Python; null where it has none, or one without `--report`. */
export async function findPip($: Shell, python: Tool): Promise<Tool | null> {
  const args = [...python.args, '-m', 'pip'];
  const pip = await findTool($, [[python.command, ...args]]);
  const [major = 0, minor = 0] = (pip?.version ?? '').split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 2) ? pip : null;
}

async function findTool(
  $: Shell,
  candidates: readonly (readonly string[])[],
): Promise<Tool | null> {
  for (const [command = '', ...args] of candidates) {
    const options = { timeout: PROBE_TIMEOUT };
    const { code, stdout, stderr } = await runProgram($, [command, ...args, '--version'], options);
    const [version] = /\d+(\.\d+)+/.exec(`${stdout}\n${stderr}`) ?? [];
    if (code === 0) return { command, args, version: version ?? 'unknown' };
  }
  return null;
}
