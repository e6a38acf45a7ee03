import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runTogether } from '../../../bench/run-together.ts';
import { temporaryFolder } from '../stages/train/stage.ts';

/** A program that runs this code in a folder; `gate` is a promise of the start. */
function program(folder: string, code: string) {
  const whole = `
    const fs = require('node:fs');
    const [folder] = process.argv.slice(1);
    const gate = new Promise((resolve) => process.stdin.once('data', resolve));
    const end = (line) => { console.log(JSON.stringify(line)); process.stdin.destroy(); };
    ${code}`;
  return { command: process.execPath, args: ['-e', whole, folder] };
}

describe('benchmarks that run together', () => {
  it('begin to measure when all are warm', async () => {
    const folder = await temporaryFolder();
    // Each counts who is warm at the moment when it begins.
    const counting = program(
      folder,
      `fs.writeFileSync(folder + '/' + process.pid, '');
       console.log('ready');
       gate.then(() => end({ images_per_s: fs.readdirSync(folder).length, rss_mb: 1 }));`,
    );
    const lines = await runTogether(counting, 3);
    expect(lines).toEqual(Array.from({ length: 3 }, () => ({ images_per_s: 3, rss_mb: 1 })));
  });

  it('fail together where one ends badly, leaving no process behind', async () => {
    const folder = await temporaryFolder();
    // The first to come waits for ever, the second fails when the first has come.
    const failing = program(
      folder,
      `try {
         fs.mkdirSync(folder + '/first');
         fs.writeFileSync(folder + '/pid', String(process.pid));
         fs.renameSync(folder + '/pid', folder + '/waiting');
       } catch {
         const look = () => fs.existsSync(folder + '/waiting') ? process.exit(3) : setImmediate(look);
         look();
       }`,
    );
    await expect(runTogether(failing, 2)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringMatching(/ended with exit code 3/),
    });
    const waiting = Number(readFileSync(join(folder, 'waiting'), 'utf8'));
    expect(() => process.kill(waiting, 0)).toThrow(/ESRCH/);
  });

  it('say which program cannot be started', async () => {
    const missing = { command: '/nowhere/python', args: [] };
    await expect(runTogether(missing, 2)).rejects.toThrow(/cannot start \/nowhere\/python/);
  });
});
