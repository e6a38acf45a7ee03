import { once } from 'node:events';
import { expect, it } from 'vitest';
import { makeSpawners } from '../../../../pipeline/executor/spawn-program.ts';

it.each([true, false])(
  'the end of a command is told behind a signal that comes with it (a group of its own: %s)',
  async (detached) => {
    const { spawn } = makeSpawners(null);
    // A listener of this signal is called behind Node's own, which learns of the end by it.
    let isHeard = false;
    const hear = () => {
      isHeard = true;
    };
    process.on('SIGCHLD', hear);
    try {
      const child = spawn('exit 3', [], { shell: '/bin/bash', stdio: 'ignore', detached });
      const heardBefore = new Promise((resolve) => {
        child.once('exit', () => resolve(isHeard));
      });
      expect((await once(child, 'close'))[0]).toBe(3);
      expect(await heardBefore).toBe(true);
    } finally {
      process.off('SIGCHLD', hear);
    }
  },
);
