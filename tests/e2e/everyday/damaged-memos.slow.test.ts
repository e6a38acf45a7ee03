import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const MODULE = `import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
const EDITION = 100;
export const run = ({ params, inputs, outputs }) => {
  const data = Number(readFileSync(inputs.data[0].path, 'utf8'));
  writeFileSync(outputs.o, String(params.config.value + data + EDITION));
};
`;

function makeMeasured(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  set: { command: "echo 'value: 10' > {{ outputs.o }}", outputs: { o: config.yaml } }
  t: { template: t.njk, params: [scale], outputs: { o: t.txt } }
  measure:
    module: measure.mjs
    inputs: { config: { from: set, output: o, as: params }, data: data.txt }
    outputs: { o: measured.txt }
  below: { command: "cat {{ inputs.i }} {{ inputs.t }} > {{ outputs.o }}", inputs: { i: { from: measure, output: o }, t: { from: t, output: o } }, outputs: { o: below.txt } }
params: { scale: 10 }
`,
    't.njk': 'scale {{ scale }}\n',
    'data.txt': '1000\n',
    'measure.mjs': MODULE,
  });
}

/** Ways to damage a file that leave its form as it is, as far as it has one. */
const DAMAGES: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  'another number in it': (bytes) => {
    const text = bytes.toString('latin1');
    const changed = text.replace(/10(?=[,}\s)0]|$)/g, '11');
    if (changed !== text) return Buffer.from(changed, 'latin1');
    const at = Math.floor(bytes.length / 2);
    return Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  },
  'its second half gone': (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2)),
  'nothing in it but the digest of that': () => createHash('sha256').digest(),
};

const FOLDERS = ['.pipeline/memo', '.pipeline/code', '.pipeline/cache/history'];

describe('what the engine remembers', () => {
  it.each(Object.entries(DAMAGES))(
    'is not believed with %s: results stay right',
    async (_, damage) => {
      const workspace = makeMeasured();
      await workspace.run();
      await workspace.run();
      const paths = FOLDERS.flatMap((folder) => workspace.list(folder));
      // A new memo is to be among them.
      expect(paths.filter((path) => path.startsWith(FOLDERS[0] ?? '')).length).toBeGreaterThan(5);
      let edition = 100;
      for (const path of paths) {
        if (!workspace.exists(path)) continue;
        const file = join(workspace.path, path);
        writeFileSync(file, damage(readFileSync(file)));
        // What is damaged may be needed to find nothing to do, and to do it.
        const idle = await workspace.run();
        expect({ path, ...idle }).toMatchObject({ path, code: 0, executed: 0, cached: 4 });
        if (workspace.exists(path)) writeFileSync(file, damage(readFileSync(file)));
        workspace.edit('measure.mjs', `EDITION = ${edition}`, `EDITION = ${edition + 1}`);
        edition++;
        const ran = await workspace.run();
        expect({ path, ...ran }).toMatchObject({ path, code: 0, executed: 2, cached: 2 });
        const found = [workspace.read('measured.txt'), workspace.read('t.txt')];
        expect({ path, found }).toEqual({ path, found: [String(1010 + edition), 'scale 10\n'] });
      }
      expect((await workspace.start(['cache', 'verify']).result).code).toBe(0);
    },
  );

  it('is not believed where memos have changed places, or are those of before an edit', async () => {
    const workspace = makeMeasured();
    const results = () => [workspace.read('measured.txt'), workspace.read('t.txt')];
    const readMemos = () =>
      new Map(
        workspace
          .list('.pipeline/memo')
          .map((path) => [path, readFileSync(join(workspace.path, path))]),
      );
    await workspace.run();
    await workspace.run();
    const before = readMemos();
    workspace.edit('measure.mjs', 'EDITION = 100', 'EDITION = 101');
    workspace.edit('t.njk', 'scale', 'size');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3 });
    for (const [path, bytes] of before) writeFileSync(join(workspace.path, path), bytes);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 4 });
    expect(results()).toEqual(['1111', 'size 10\n']);
    // Each is a sound memo, of something else.
    const memos = [...readMemos()];
    for (const [i, [path]] of memos.entries()) {
      const [, bytes = Buffer.alloc(0)] = memos[(i + 1) % memos.length] ?? [];
      writeFileSync(join(workspace.path, path), bytes);
    }
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 4 });
    workspace.edit('data.txt', '1000', '2000');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    expect(results()).toEqual(['2111', 'size 10\n']);
  });

  it('is made again where a bundle was edited by hand: the code that runs is that of the sources', async () => {
    const workspace = makeMeasured();
    await workspace.run();
    await workspace.run();
    for (const path of workspace.list('.pipeline/code')) {
      workspace.write(path, workspace.read(path).replaceAll('EDITION = 100', 'EDITION = 900'));
    }
    const forced = await workspace.run(['measure', '--force']);
    expect(forced).toMatchObject({ code: 0, failed: 0 });
    expect(workspace.read('measured.txt')).toBe('1110');
  });
});
