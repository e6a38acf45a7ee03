/** Puts stand-ins for Slurm's programs into a folder, and answers what they ask. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SlurmPrograms } from './programs.ts';

const STAND_IN = fileURLToPath(new URL('stand-in.mjs', import.meta.url));
const NAMES = ['sbatch', 'squeue', 'sacct', 'scancel', 'scontrol'];

/**
 * Serves until it is closed.
 *
 * @param folder where the programs are put, in `bin`
 * @returns how to end it
 */
export async function servePrograms(folder: string, programs: SlurmPrograms): Promise<() => void> {
  const socket = join(folder, 'controller');
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    let text = '';
    connection.setEncoding('utf8');
    connection.on('data', (part) => {
      text += part;
      if (!text.endsWith('\n')) return;
      const { program, args } = JSON.parse(text) as { program: string; args: string[] };
      const { afterMs, ...answer } = programs.call(program, args);
      setTimeout(() => connection.end(JSON.stringify(answer)), afterMs);
    });
    // A program whose caller was killed may be gone.
    connection.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  mkdirSync(join(folder, 'bin'));
  for (const name of NAMES) {
    const text = `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' '${socket}' ${name} "$@"\n`;
    writeFileSync(join(folder, 'bin', name), text, { mode: 0o755 });
  }
  return () => server.close();
}
