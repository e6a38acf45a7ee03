import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  loadFirst,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PIPELINE = `version: 1
params: { word: one }
profiles: { default: {}, other: { params: { word: two } } }
stages:
  say: { command: "echo {{ word }} > {{ outputs.o }}", outputs: { o: "said{{ word }}" } }
  copy: { module: copy.ts, inputs: { i: { from: say, output: o } }, outputs: { o: copied } }
`;

const FIGURE = JSON.stringify({
  usermeta: { provenance: { schema: 1, node: 'copy', fields: ['run'], runs: [] } },
});

/** A signal comes as soon as the program has made a temporary folder of its own. */
const INTERRUPT = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { mkdirSync, writeFileSync } = fs;
fs.mkdirSync = (path, ...rest) => {
  const made = mkdirSync(path, ...rest);
  if (String(path).includes('/.pipeline/tmp/') && !fs.existsSync(process.env.SENT)) {
    writeFileSync(process.env.SENT, '');
    process.kill(process.pid, 'SIGINT');
  }
  return made;
};
syncBuiltinESMExports();
`;

async function makeRunWorkspace(): Promise<Workspace> {
  const workspace = makeWorkspace({
    'pipeline.yaml': PIPELINE,
    'copy.ts': `
import { copyFileSync } from 'node:fs';
export const run = (c) => copyFileSync(c.inputs.i[0].path, c.outputs.o);
`,
    'interrupt.mjs': INTERRUPT,
  });
  expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
  return workspace;
}

describe('no temporary folder is left', () => {
  it('by tab completion, which remembers the graph of an edited file', async () => {
    const workspace = await makeRunWorkspace();
    workspace.edit('pipeline.yaml', 'word: one', 'word: three');
    const offered = await workspace.start(['__complete', '--', 'run', '']).result;
    expect(offered).toMatchObject({ code: 0, stderr: '' });
    expect(offered.stdout).toContain('copy');
    expect(workspace.names('.pipeline/tmp')).toEqual([]);
    workspace.edit('pipeline.yaml', '{{ word }} >', '{{ wrod }} >');
    const broken = await workspace.start(['__complete', '--', 'run', '']).result;
    expect(broken.stdout).toContain('copy');
    expect(workspace.names('.pipeline/tmp')).toEqual([]);
  });

  it('by a failed status', async () => {
    const workspace = await makeRunWorkspace();
    workspace.edit('copy.ts', "'node:fs'", "'./missing.ts'");
    expect(await workspace.start(['status']).result).toMatchObject({ code: 2 });
    expect(workspace.names('.pipeline/tmp')).toEqual([]);
    workspace.edit('pipeline.yaml', '{{ word }} >', '{{ wrod }} >');
    expect(await workspace.start(['status']).result).toMatchObject({ code: 2 });
    expect(workspace.names('.pipeline/tmp')).toEqual([]);
  });

  it.each([[['cache', 'gc']], [['trace', 'figure.csv']], [['verify', 'copied']]])(
    'by %j where another profile has a mistake',
    async (args) => {
      const workspace = await makeRunWorkspace();
      workspace.edit('pipeline.yaml', 'word: two', 'word: /../../out');
      workspace.edit('pipeline.yaml', 'word: one', 'word: three');
      workspace.write('figure.csv', 'a,b\n');
      workspace.write('figure.vl.json', FIGURE);
      expect(await workspace.start(args).result).toMatchObject({ code: 2 });
      expect(workspace.names('.pipeline/tmp')).toEqual([]);
    },
  );

  it.each([[['cache', 'gc', '--days', '0']], [['clean']], [['status']], [['why', 'copy']]])(
    'by Ctrl-C of %j',
    async (args) => {
      const workspace = await makeRunWorkspace();
      workspace.edit('pipeline.yaml', 'word: one', 'word: three');
      workspace.edit('copy.ts', 'copyFileSync(', 'void copyFileSync(');
      const sent = join(workspace.path, 'sent');
      const env = { ...loadFirst(join(workspace.path, 'interrupt.mjs')), SENT: sent };
      const ended = await workspace.start(args, { env }).result;
      expect(ended).toMatchObject({ signal: 'SIGINT', stdout: '', stderr: '' });
      expect(workspace.names('.pipeline/tmp')).toEqual([]);
    },
  );
});
