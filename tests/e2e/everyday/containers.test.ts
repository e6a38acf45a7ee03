import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  canPretendHosts,
  isRoot,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const container = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const canContain = spawnSync(container[0] ?? '', [...container.slice(1), 'true']).status === 0;

function makeGated(): Workspace {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  a: { command: "echo early > {{ outputs.o }}; cat gate > {{ outputs.o }}", outputs: { o: a.txt } }
  b: { command: "echo 2 > {{ outputs.o }}", outputs: { o: b.txt } }
`,
  });
  workspace.makeGate('gate');
  return workspace;
}

describe.skipIf(!canContain)('a run beside containers (needs unshare --pid)', () => {
  it.each([
    ['on the host itself', {}, { within: container }],
    ['in a container', { within: container }, {}],
    ['in another container', { within: container }, { within: container }],
  ])('leaves alone what a run %s is working in', async (_, first, second) => {
    const workspace = makeGated();
    const running = workspace.start(['run', 'a'], first);
    const gate = await workspace.arrival('gate');
    const [folder = ''] = workspace.names('.pipeline/tmp');
    expect(await workspace.run(['b'], second)).toMatchObject({ code: 0, executed: 1 });
    const collected = await workspace.start(['cache', 'gc'], second).result;
    expect(collected).toMatchObject({ code: 0, stderr: '' });
    expect(workspace.names('.pipeline/tmp')).toContain(folder);
    // Nor is it taken for dead, whose work is to be done again.
    let waits: () => void = () => {};
    const waiting = new Promise<void>((resolve) => {
      waits = resolve;
    });
    const onEvent = ({ type }: { readonly type: string }) => {
      if (type === 'node-waiting') waits();
    };
    const beside = workspace.start(['run', 'a', '--json'], { ...second, onEvent });
    await waiting;
    await gate.write('text');
    await gate.close();
    expect(await running.result).toMatchObject({ code: 0, executed: 1 });
    expect(await beside.result).toMatchObject({ code: 0, executed: 0, cached: 1 });
    expect(workspace.read('a.txt')).toBe('text');
  });
});

describe.skipIf(!canPretendHosts())('a host that changes its name (needs unshare --uts)', () => {
  it('knows what its dead processes have left, and takes their work over at once', async () => {
    const workspace = makeGated();
    const first = workspace.start(['run', 'a'], { host: 'before' });
    const gate = await workspace.arrival('gate');
    first.child.kill('SIGKILL');
    await gate.close();
    await first.result;
    await workspace.untilDeserted();
    expect(workspace.list('.pipeline/leases')).toHaveLength(1);
    const next = workspace.start(['run', 'a'], { host: 'after' });
    const again = await workspace.arrival('gate');
    await again.write('text');
    await again.close();
    const run = await next.result;
    expect(run).toMatchObject({ code: 0, executed: 1 });
    expect(run.stdout).not.toContain('[waiting]');
    expect(workspace.names('.pipeline/tmp')).toEqual([]);
  });
});

/** Hides /proc from a command line. */
const NO_PROC = [
  ...['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'],
];
/** A program that sees the /proc which is hidden from whoever calls it. */
const beneath = (program: string) =>
  `#!/bin/sh\nexec unshare --mount sh -c 'umount /proc && exec ${program} "$@"' sh "$@"\n`;
const canHide = isRoot && spawnSync('ps').status === 0;

describe.skipIf(!canHide)('a run that sees no /proc (needs root and ps)', () => {
  it('runs commands and modules, ends them in time, and keeps what stages leave open as it was', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "echo 1 > {{ outputs.o }}", outputs: { o: a.txt } }
  m: { module: m.mjs, inputs: { i: { from: a, output: o } }, outputs: { o: m.txt } }
  t: { command: "sleep 60", outputs: { o: t.txt }, timeout: 1s }
  late: { command: "exec 3> {{ outputs.o }}; echo early >&3; setsid sh -c 'echo > ready; cat gate; echo late >&3; cat end' >/dev/null & cat ready", outputs: { o: late.txt } }
`,
      'm.mjs': `import { copyFileSync } from 'node:fs';
export const run = async ({ inputs, outputs }) => copyFileSync(inputs.i[0].path, outputs.o);
`,
    });
    for (const gate of ['ready', 'gate', 'end']) workspace.makeGate(gate);
    const run = await workspace.run(['--keep-going'], { within: NO_PROC });
    expect(run).toMatchObject({ code: 1, executed: 3, failed: 1 });
    expect(run.stdout).toContain('timed out after 1s');
    expect(workspace.read('m.txt')).toBe('1\n');
    for (const gate of ['gate', 'end']) await (await workspace.arrival(gate)).close();
    expect(workspace.read('late.txt')).toBe('early\n');
    expect(await workspace.start(['cache', 'verify']).result).toMatchObject({ code: 0 });
  });

  it('knows its processes by ps: ends what left their group, takes over at once from one that died', async () => {
    const workspace = makeGated();
    const { path } = workspace;
    workspace.write(
      'pipeline.yaml',
      `${workspace.read('pipeline.yaml')}  t: { command: "setsid sleep 1000 & echo > started; sleep 60", outputs: { o: t.txt }, timeout: 1s }\n`,
    );
    const programs = {
      ps: beneath('/bin/ps'),
      sysctl: '#!/bin/sh\necho 5D0A3C1E-93B8-4C63-8F3E-61C6B2A8D7F4\n',
    };
    for (const [name, text] of Object.entries(programs)) {
      workspace.write(`bin/${name}`, text);
      chmodSync(join(path, 'bin', name), 0o755);
    }
    const options = { within: NO_PROC, env: { PATH: `${path}/bin:${process.env['PATH']}` } };
    const first = workspace.start(['run', 'a'], options);
    const gate = await workspace.arrival('gate');
    first.child.kill('SIGKILL');
    await gate.close();
    await first.result;
    await workspace.untilDeserted();
    const next = workspace.start(['run', 'a', 't'], options);
    const again = await workspace.arrival('gate');
    await again.write('text');
    await again.close();
    const run = await next.result;
    expect(run).toMatchObject({ code: 1, executed: 1, failed: 1 });
    expect(run.stdout).not.toContain('[waiting]');
    expect(run.stdout).toContain('timed out after 1s');
    expect(workspace.exists('started')).toBe(true);
    await workspace.untilDeserted();
    expect(workspace.names('.pipeline/tmp')).toEqual([]);
  });
});
