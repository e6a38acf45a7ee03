import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, REPOSITORY, runCommand } from '../../fixtures/project.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
let said: CommandResult;
beforeAll(async () => {
  workspace = makeWorkspace({});
  said = await workspace.start(['init', 'my first']).result;
});
afterAll(removeWorkspaces);

/** Runs lines in bash, which stops at the first that fails. */
function shell(lines: readonly string[], folder = ''): Promise<CommandResult> {
  const env = { ...process.env, npm_config_offline: 'true', npm_config_audit: 'false' };
  return runCommand(['bash', '-euc', lines.join('\n')], join(workspace.path, folder), env);
}

describe('pipeline init', () => {
  it('makes a workspace in which the commands that it prints work as printed, without network', async () => {
    const lines = said.stdout.split('\n').filter((line) => line.startsWith('  '));
    expect(lines.length).toBeGreaterThan(3);
    const { code, stdout, stderr } = await shell(lines);
    expect(code, stderr).toBe(0);
    expect([...stdout.matchAll(/^\d+ executed, \d+ cached/gm)].map(([counts]) => counts)).toEqual([
      '14 executed, 0 cached',
      '0 executed, 14 cached',
    ]);
    const figure = JSON.parse(workspace.read('my first/results/convergence.vl.json')) as {
      data: { values: { samples: number }[] };
    };
    expect(figure.data.values).toHaveLength(12);
  });

  it('makes one in which a parameter reruns what it decides, and what follows from that', async () => {
    const { stdout } = await shell(["npx pipeline run --set 'seeds=[1, 2, 3, 4]'"], 'my first');
    expect(stdout).toContain('6 executed, 12 cached, 0 failed');
  });

  it('makes one whose README draws the figure', async () => {
    const readme = workspace.read('my first/README.md');
    const [, stage = ''] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
    workspace.edit('my first/pipeline.yaml', '\ntargets:', `\n${stage}\ntargets:`);
    // What `npm install vega vega-lite` would fetch.
    for (const name of ['vega', 'vega-lite']) {
      symlinkSync(
        join(REPOSITORY, 'node_modules', name),
        join(workspace.path, 'my first/node_modules', name),
      );
    }
    const { code, stdout, stderr } = await shell(['npx pipeline run draw'], 'my first');
    expect(code, stdout + stderr).toBe(0);
    expect(workspace.read('my first/results/convergence.svg')).toContain('Monte Carlo estimates');
  });

  it('makes one whose modules run programs, in JavaScript and in TypeScript that tsc accepts', async () => {
    const body = `await $\`printf '%s\\\\n' \${['a b', 1]} | tee \${outputs['o']}\`;`;
    const code = (args: string) => `export async function run(${args}) { ${body} }\n`;
    workspace.write('my first/stages/js.js', code('{ $, outputs }'));
    workspace.write(
      'my first/stages/ts.ts',
      `import type { StageContext } from 'rederive/contract';
${code('{ $, outputs }: StageContext')}
export async function use({ $ }: StageContext): Promise<number | null> {
  const text: string = await $({ quiet: true })\`seq 3\`.pipe\`tail -n 1\`.text();
  return (await $\`echo \${text}\`.nothrow()).exitCode;
}
`,
    );
    workspace.write(
      'my first/tsconfig.json',
      `{ "compilerOptions": { "module": "nodenext", "target": "es2023", "strict": true, "noEmit": true,
        "allowImportingTsExtensions": true, "types": ["node"] }, "files": ["stages/ts.ts"] }`,
    );
    // What \`npm install @types/node typescript\` would fetch.
    mkdirSync(join(workspace.path, 'my first/node_modules/@types'));
    symlinkSync(
      join(REPOSITORY, 'node_modules/@types/node'),
      join(workspace.path, 'my first/node_modules/@types/node'),
    );
    const stages = ['js.js', 'ts.ts'].map((file) => {
      const [name] = file.split('.');
      return `  ${name}: { module: stages/${file}, outputs: { o: results/${name} } }\n`;
    });
    workspace.edit('my first/pipeline.yaml', '\ntargets:', `\n${stages.join('')}\ntargets:`);
    const tsc = join(REPOSITORY, 'node_modules/.bin/tsc');
    const { code: exit, stdout } = await shell(
      [`${tsc} -p .`, 'npx pipeline run js ts'],
      'my first',
    );
    expect(exit, stdout).toBe(0);
    expect(['js', 'ts'].map((name) => workspace.read(`my first/results/${name}`))).toEqual([
      'a b\n1\n',
      'a b\n1\n',
    ]);
  });

  it('touches nothing in a folder that holds something', async () => {
    const before = workspace.list('my first');
    const { code, stderr } = await workspace.start(['init', 'my first']).result;
    expect(code).toBe(2);
    expect(stderr).toContain('my first is not an empty folder\n  expected: an empty folder');
    expect(workspace.list('my first')).toEqual(before);
    const onFile = await workspace.start(['init', 'my first/README.md']).result;
    expect(onFile.code).toBe(2);
    expect(readFileSync(join(workspace.path, 'my first/README.md'), 'utf8')).toContain('pipeline');
  });

  it('takes an empty folder', async () => {
    mkdirSync(join(workspace.path, 'empty'));
    expect((await workspace.start(['init', 'empty']).result).code).toBe(0);
    expect(workspace.names('empty')).toEqual([
      '.gitignore',
      'README.md',
      'package.json',
      'pipeline.yaml',
      'stages',
    ]);
  });
});
