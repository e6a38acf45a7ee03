import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProjectCopy } from '../../fixtures/project.ts';

const SMALL = [
  'figure1',
  ...['--set', 'models=[MLP1]', '--set', 'levels=[0, 1]', '--set', 'training.epochs=12'],
  ...['--set', 'dataset.train=300', '--set', 'dataset.test=100'],
  ...['--set', 'training.checkpoint_every=2'],
];

let undisturbed: Record<string, string>;
let reference: ProjectCopy;
beforeAll(async () => {
  reference = new ProjectCopy();
  await reference.run(SMALL);
  undisturbed = await reference.digests(SMALL);
});
afterAll(() => reference.remove());

/** Starts a run and kills its process group with -9 when it has printed `count` events. */
function killAfterEvents(project: ProjectCopy, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const [command, ...args] = project.commandLine(['run', ...SMALL, '--json']);
    const child = spawn(command, args, {
      cwd: project.path,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seen = 0;
    createInterface({ input: child.stdout }).on('line', () => {
      seen++;
      if (seen === count && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    });
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

/** A fixed sequence of pseudo-random moments: linear congruence, constants of Numerical Recipes. */
function* moments(seed: number, below: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield 1 + Math.floor((state / 2 ** 32) * below);
  }
}

it('gives the bytes of an undisturbed run after kill -9 at several moments', async () => {
  const project = new ProjectCopy();
  try {
    const draw = moments(42, 120);
    for (let kill = 0; kill < 8; kill++) await killAfterEvents(project, draw.next().value);
    const { failed } = await project.run(SMALL);
    expect(failed).toBe(0);
    expect(await project.digests(SMALL)).toEqual(undisturbed);
    expect(await project.run(SMALL)).toMatchObject({ executed: 0, failed: 0 });
  } finally {
    project.remove();
  }
});

it('gives the bytes of a straight training when its epochs are raised', async () => {
  const project = new ProjectCopy();
  try {
    await project.run([...SMALL, '--set', 'training.epochs=5']);
    expect(await project.run(SMALL)).toMatchObject({ failed: 0 });
    const log = project.read('runs/quick/MLP1_0.0_none/timing.jsonl');
    expect(log.trimEnd().split('\n')).toHaveLength(12);
    expect(await project.digests(SMALL)).toEqual(undisturbed);
  } finally {
    project.remove();
  }
});
