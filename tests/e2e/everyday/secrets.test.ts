import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const SECRET = 'tok-5f2e9c1a7b "quoted" $HOME';
const OTHER = 'tok-0000000000 another';
const HAS_STRACE = spawnSync('strace', ['-V']).status === 0;

const MODULE = `import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
export const run = ({ outputs, emit }) => {
  console.log('printed', process.env.TOKEN);
  emit({ type: 'message', level: 'info', text: 'told ' + process.env.TOKEN });
  emit({ type: 'summary', values: { token: process.env.TOKEN, loss: 0.5 } });
  writeFileSync(outputs.o, createHash('md5').update(process.env.TOKEN ?? '').digest('hex'));
};
`;

function makeSecretive(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  cmd: { command: "set -x; printf '%s' \\"$TOKEN\\" | md5sum > {{ outputs.o }}", env: [TOKEN], outputs: { o: cmd.txt } }
  mod: { module: mod.mjs, env: [TOKEN], outputs: { o: mod.txt } }
  fail: { command: "echo \\"no access with $TOKEN\\" >&2; exit 3", env: [TOKEN], outputs: { o: no.txt } }
`,
    'mod.mjs': MODULE,
  });
}

/** The files of the engine's own that hold a text anywhere. */
const filesWith = (workspace: Workspace, text: string) =>
  workspace
    .list('.pipeline')
    .filter((path) => readFileSync(join(workspace.path, path)).includes(text));

describe('the value of a declared environment variable', () => {
  it('stands nowhere in .pipeline and in nothing that is shown, however it is used', async () => {
    const workspace = makeSecretive();
    const told: string[] = [];
    const tell = async (args: readonly string[], token: string | null, code = 0) => {
      const env = token === null ? {} : { TOKEN: token };
      const result = await workspace.start(args, { env }).result;
      expect({ args, code: result.code }).toEqual({ args, code });
      told.push(result.stdout, result.stderr);
      return result.stdout;
    };
    const shown = await tell(['run', '--keep-going'], SECRET, 1);
    expect(shown).toContain('no access with ***');
    expect(shown).toContain('told ***');
    await tell(['run', '--json', '--explain', '--keep-going'], OTHER, 1);
    if (HAS_STRACE) await tell(['run', '--audit', '--force', 'cmd', 'mod'], SECRET);
    await tell(['run', 'cmd', 'mod'], SECRET);
    await tell(['status', '--json'], SECRET);
    await tell(['plan', '--json'], SECRET);
    const changed = await tell(['why', 'cmd'], 'a third value');
    expect(changed).toContain('environment variable TOKEN has another value');
    expect(await tell(['why', 'mod'], null)).toContain('environment variable TOKEN set → unset');
    await tell(['why', 'cmd', '--json'], OTHER);
    await tell(['cache', 'verify'], SECRET);
    for (const part of ['5f2e9c1a7b', '0000000000', 'a third value']) {
      expect(filesWith(workspace, part)).toEqual([]);
      expect(told.filter((text) => text.includes(part))).toEqual([]);
    }
    // What was printed beside it is kept.
    expect(filesWith(workspace, 'no access with ***').length).toBeGreaterThan(0);
    const status = await workspace.start(['status', '--json', 'mod'], { env: { TOKEN: SECRET } })
      .result;
    expect(status.stdout).toContain('"token": "***"');
  });

  it('does not stay in a log whose run is killed: it is hidden while the stage writes', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "echo before; echo key=$TOKEN; read -r _ < gate; echo 1 > {{ outputs.o }}", env: [TOKEN], outputs: { o: a.txt } }
`,
    });
    workspace.makeGate('gate');
    const run = workspace.start(['run'], { env: { TOKEN: SECRET } });
    const gate = await workspace.arrival('gate');
    const logs = () => workspace.list('.pipeline/runs').filter((path) => path.endsWith('a.log'));
    const isHidden = () => logs().some((path) => workspace.read(path).includes('key=***'));
    await workspace.until(isHidden);
    run.child.kill('SIGKILL');
    await run.result;
    await gate.close();
    await workspace.untilDeserted();
    expect(filesWith(workspace, '5f2e9c1a7b')).toEqual([]);
    expect(workspace.read(logs()[0] ?? '')).toMatch(/^before\nkey=\*+\n/);
  });

  it('still decides: equal values are hits, in any order, and unset is no empty value', async () => {
    const workspace = makeSecretive();
    const run = (env: Record<string, string>) => workspace.run(['cmd', 'mod'], { env });
    expect(await run({ TOKEN: SECRET })).toMatchObject({ code: 0, executed: 2 });
    expect(await run({ TOKEN: OTHER })).toMatchObject({ code: 0, executed: 2 });
    expect(await run({ TOKEN: SECRET })).toMatchObject({ code: 0, executed: 0, cached: 2 });
    expect(await run({ TOKEN: SECRET })).toMatchObject({ code: 0, executed: 0, cached: 2 });
    expect(await run({ TOKEN: OTHER })).toMatchObject({ code: 0, executed: 0, cached: 2 });
    const key = statSync(join(workspace.path, '.pipeline/cache/key'));
    expect(key.mode & 0o777).toBe(0o600);
    // The key goes with the results: a copied cache is of use, one without its key is not guessed at.
    const copy = makeSecretive();
    for (const path of workspace.list('.pipeline/cache')) {
      copy.write(path, readFileSync(join(workspace.path, path)));
    }
    const copied = await copy.run(['cmd', 'mod'], { env: { TOKEN: OTHER } });
    expect(copied).toMatchObject({ code: 0, executed: 0, cached: 2 });
    copy.write('.pipeline/cache/key', 'cut');
    const other = await copy.run(['cmd', 'mod'], { env: { TOKEN: OTHER } });
    expect(other).toMatchObject({ code: 0, executed: 2 });
  });
});
