import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTogether } from '../../../bench/run-together.ts';
import { temporaryFolder } from '../stages/train/stage.ts';

/** A program that runs this code in a folder; `answer` is called for each line of input. */
function program(folder: string, code: string) {
  const whole = `
    const fs = require('node:fs');
    const [folder] = process.argv.slice(1);
    const print = (line) => console.log(JSON.stringify(line));
    const answer = (act) => require('node:readline').createInterface(process.stdin).on('line', act);
    ${code}`;
  return { command: process.execPath, args: ['-e', whole, folder] };
}

describe('benchmarks that run together', () => {
  it('begin to measure when all are warm, and measure as often as they are told to', async () => {
    const folder = await temporaryFolder();
    // Each counts who is warm at the moment when it begins.
    const counting = program(
      folder,
      `fs.writeFileSync(folder + '/' + process.pid, '');
       console.log('ready');
       let turn = 0;
       answer(() => print({ images_per_s: fs.readdirSync(folder).length, rss_mb: ++turn }));`,
    );
    const team = await openTogether(counting, 3);
    for (const turn of [1, 2]) {
      const line = { images_per_s: 3, rss_mb: turn };
      expect(await team.measure()).toEqual([line, line, line]);
    }
    await team.close();
  });

  it('fail together where one ends before it is warm, leaving no process behind', async () => {
    const folder = await temporaryFolder();
    // The first to come waits for ever, the second fails when the first has come.
    const failing = program(
      folder,
      `try {
         fs.mkdirSync(folder + '/first');
         answer(() => {});
         fs.writeFileSync(folder + '/pid', String(process.pid));
         fs.renameSync(folder + '/pid', folder + '/waiting');
       } catch {
         const look = () => fs.existsSync(folder + '/waiting') ? process.exit(3) : setImmediate(look);
         look();
       }`,
    );
    await expect(openTogether(failing, 2)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringMatching(/ended with exit code 3/),
    });
    const waiting = Number(readFileSync(join(folder, 'waiting'), 'utf8'));
    expect(() => process.kill(waiting, 0)).toThrow(/ESRCH/);
  });

  it('tell of one that ends while it measures', async () => {
    const ending = program('', "console.log('ready'); answer(() => process.exit(4));");
    const team = await openTogether(ending, 1);
    await expect(team.measure()).rejects.toThrow(/ended with exit code 4/);
    await team.close();
  });

  it('say which program cannot be started', async () => {
    const missing = { command: '/nowhere/python', args: [] };
    await expect(openTogether(missing, 2)).rejects.toThrow(/cannot start \/nowhere\/python/);
  });
});
