import { existsSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const CPU_SECONDS = 0.5;
const BYTES = 120e6;

/** Uses CPU time and memory, however busy the machine is. */
const BURN = `const held = Buffer.alloc(${BYTES}, 1);
while (process.cpuUsage().user + process.cpuUsage().system < ${CPU_SECONDS * 1e6}) held[0]++;
`;
/** Then waits at a gate, if one is named, with the memory that it has. */
const WAIT = `if (process.argv[2]) require('node:fs').readFileSync(process.argv[2]);
`;

const PIPELINE = `
version: 1
stages:
  command:
    command: node burn.js; node burn.js gate; echo done > {{ outputs.text }}
    inputs: { burn: burn.js }
    outputs: { text: out/command.txt }
  module:
    module: module.ts
    outputs: { text: out/module.txt }
  after:
    command: cat {{ inputs.text }} > {{ outputs.text }}
    inputs: { text: { from: command, output: text } }
    outputs: { text: out/after.txt }
`;

const name = 'measures what stages use, and shows it on the time axis of a report';

it.skipIf(!existsSync('/proc/self/auxv'))(name, async () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': PIPELINE,
    'burn.js': `${BURN}${WAIT}`,
    'module.ts': `import { writeFileSync } from 'node:fs';
export async function run({ outputs }) {
  ${BURN}
  writeFileSync(outputs.text, String(held.length));
}
`,
  });
  const start = async (...args: string[]) => {
    const { code, stdout, stderr } = await workspace.start(args).result;
    expect(code, stderr).toBe(0);
    return stdout;
  };
  workspace.makeGate('gate');
  // Told now and then, so not of a stage that is over before.
  let opening: Promise<void> | null = null;
  const open = async () => (await workspace.arrival('gate')).close();
  const run = workspace.start(['run', '--json'], {
    onEvent: (event) => {
      if (event.type === 'load' && event.memory > BYTES) opening ??= open();
    },
  });
  const { code: ended, stdout, stderr } = await run.result;
  expect(ended, stderr).toBe(0);
  await opening;
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const nodes: { node: string; cpuSeconds: number; memory: number }[] = JSON.parse(
    await start('status', '--json'),
  );
  const used = new Map(nodes.map((node) => [node.node, node]));
  // Of programs that have ended, one after the other; and of a worker.
  expect(used.get('command')?.cpuSeconds).toBeGreaterThan(2 * CPU_SECONDS - 0.05);
  expect(used.get('module')?.cpuSeconds).toBeGreaterThan(CPU_SECONDS - 0.2);
  for (const one of ['command', 'module']) expect(used.get(one)?.memory).toBeGreaterThan(BYTES);
  expect(used.get('after')?.cpuSeconds).toBeLessThan(CPU_SECONDS);

  const loads = events.filter(({ type }) => type === 'load');
  expect(Math.max(...loads.map(({ memory }) => memory))).toBeGreaterThan(BYTES);
  const { cpuSeconds } = events.at(-1);
  const sum = nodes.reduce((total, node) => total + node.cpuSeconds, 0);
  expect(Math.abs(cpuSeconds - sum)).toBeLessThan(0.1);

  await start('report');
  const page = workspace.read('report.html');
  expect(page).toMatch(/href="#node-command"[^>]* aria-label="command"/);
  expect(page).toContain('id="node-command"');
  expect(page).toMatch(
    /title="command: \d+\.\d s, \d+\.\d s of CPU time [^"]*\d{3} MB at most; from/,
  );
  expect(page).toContain('Memory of the stages');
  expect(page).toMatch(/<dt>Latest run<\/dt><dd>\d+\.\d s; \d+\.\d s of CPU time<\/dd>/);

  // What comes from the cache stands apart.
  workspace.remove('gate');
  workspace.write('gate', '');
  workspace.write('burn.js', `${BURN}\n// again\n`);
  workspace.write('module.ts', workspace.read('module.ts'));
  await start('run');
  await start('report');
  const later = workspace.read('report.html');
  expect(later).toContain('From the cache, made by earlier runs:');
  expect(later).toMatch(/earlier runs: \d results? \([^)]*module 1/);
});
