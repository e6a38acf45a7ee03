import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const tell = `
import { writeFileSync } from 'node:fs';
export const run = (c) => writeFileSync(c.outputs.o, JSON.stringify({ params: c.params, env: process.env }));
`;

function told(text: string) {
  return JSON.parse(text) as {
    params: Record<string, unknown>;
    env: Record<string, string>;
  };
}

describe('what a stage can see', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { seed: 1, training: { epochs: 2, rate: 0.1 }, other: 3 }
stages:
  open: { module: tell.ts, params: [seed, training.epochs], env: [MODE, UNSET], outputs: { o: open } }
  closed: { module: tell.ts, outputs: { o: closed } }
  shell: { command: 'echo "\${MODE-unset} \${SECRET-unset}" > {{ outputs.o }}', env: [MODE], outputs: { o: shell } }
  page: { template: page.njk, outputs: { o: page } }
`,
    'tell.ts': tell,
    'page.njk': '{{ seed }}{% for other in [7] %} {{ other }}{% endfor %}',
  });
  const env = { SECRET: 'x', MODE: 'fast', NODE_OPTIONS: '--no-warnings' };

  it('is its declared parameters and variables and no others', async () => {
    expect(await workspace.run([], { env })).toMatchObject({ code: 0, executed: 4 });
    const open = told(workspace.read('open'));
    expect(open.params).toEqual({ seed: 1, training: { epochs: 2 } });
    expect(open.env['MODE']).toBe('fast');
    expect(Object.keys(open.env)).not.toContain('SECRET');
    expect(Object.keys(open.env)).not.toContain('NODE_OPTIONS');
    expect(open.env).toMatchObject({ TZ: 'UTC', LC_CTYPE: 'C.UTF-8' });
    const closed = told(workspace.read('closed'));
    expect(closed.params).toEqual({});
    expect(Object.keys(closed.env)).not.toContain('MODE');
    expect(workspace.read('shell')).toBe('fast unset\n');
    expect(workspace.read('page')).toBe('1 7');
  });

  it('decides what reruns: an undeclared variable nothing, a declared one its readers', async () => {
    const changed = { ...env, SECRET: 'y' };
    expect(await workspace.run([], { env: changed })).toMatchObject({ executed: 0, cached: 4 });
    const slow = await workspace.run([], { env: { ...changed, MODE: 'slow' } });
    expect(slow).toMatchObject({ executed: 2, cached: 2 });
    const set = await workspace.run([], { env: { ...changed, UNSET: '' } });
    expect(set).toMatchObject({ executed: 1, cached: 3 });
    expect(await workspace.run([], { env })).toMatchObject({ executed: 0, cached: 4 });
    expect(told(workspace.read('open')).env['MODE']).toBe('fast');
  });
});
