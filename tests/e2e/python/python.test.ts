import { spawnSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nameCondaPlatform } from '../../../pipeline/scripts/conda-lock.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

const MAIN = 'from lib import model\nimport numpy\nprint(model.f())\n';
const LIB = {
  'lib/__init__.py': '',
  'lib/model.py':
    'from .inner.layer import width\n\ndef f():\n    """Makes it."""\n    return width()\n',
  // A namespace: it has no __init__.py.
  'lib/inner/layer.py':
    "from .sizes import SIZES\n\ndef width():\n    return SIZES['a']  # the first\n",
  'lib/inner/sizes.py': "SIZES = {'a': 1}\n",
  'lib/unused.py': 'x = 1\n',
};
/** An environment that runs no Python: each command of it prints what it is given. */
const ENVIRONMENT = {
  '.venv/pyvenv.cfg': 'home = /usr/bin\nversion = 3.11.4\n',
  '.venv/lib/python3.11/site-packages/numpy/__init__.py': '',
  '.venv/lib/python3.11/site-packages/numpy-1.26.0.dist-info/METADATA':
    'Metadata-Version: 2.1\nName: numpy\nVersion: 1.26.0\nRequires-Dist: tiny>=1\nRequires-Dist: docs; extra == "doc"\n\ntext\n',
  '.venv/lib/python3.11/site-packages/tiny-2.0.dist-info/METADATA': 'Name: tiny\nVersion: 2.0\n\n',
  '.venv/lib/python3.11/site-packages/docs-2.0.dist-info/METADATA': 'Name: docs\nVersion: 2.0\n\n',
};

function makePython(
  commands: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Workspace {
  const stages = Object.entries(commands).map(
    ([name, rest]) => `  ${name}: { outputs: { o: out/${name} }, ${rest} }`,
  );
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1\nparams: { n: 1, entry: train }\nstages:\n${stages.join('\n')}\n`,
    'train.py': MAIN,
    ...LIB,
    ...ENVIRONMENT,
    ...files,
  });
  // What runs does not matter here, only what is known of it before.
  for (const name of ['python', 'python3', 'torchrun', 'accelerate', 'uv', 'env-tool']) {
    workspace.write(`.venv/bin/${name}`, '#!/bin/sh\necho "$@"\n');
    chmodSync(join(workspace.path, '.venv/bin', name), 0o755);
  }
  return workspace;
}

const run = (text: string) => `command: ${JSON.stringify(`${text} > {{ outputs.o }}`)}`;

describe('the code of a command', () => {
  it('is what it imports, by what it does, and the packages and Python that it is run with', async () => {
    const workspace = makePython({ train: run('.venv/bin/python train.py --n {{ n }}') });
    const expectRun = async (executed: number, what: string) => {
      const result = await workspace.run();
      expect([result.executed, result.stderr], `${what}\n${result.stdout}`).toEqual([executed, '']);
      return result.stdout;
    };
    expect(await expectRun(1, 'at first')).not.toContain('[warning]');
    await expectRun(0, 'nothing');
    workspace.edit('lib/inner/sizes.py', "'a': 1", "'a': 2");
    const why = await workspace.start(['why', 'train']).result;
    expect(why.stdout).toContain('lib/inner/sizes.py changed');
    expect(why.stdout).toContain("+SIZES = {'a': 2}");
    await expectRun(1, 'a helper three imports away');
    workspace.edit('lib/inner/layer.py', '  # the first', '  # the only one');
    await expectRun(0, 'a comment');
    workspace.edit('lib/inner/layer.py', "SIZES['a']", '(\n        SIZES["a"]\n    )');
    await expectRun(0, 'layout and quotes');
    workspace.edit('lib/model.py', 'Makes it.', 'Makes it all.');
    await expectRun(0, 'a docstring');
    workspace.edit('lib/unused.py', '1', '2');
    await expectRun(0, 'a module that is not imported');
    const packages = '.venv/lib/python3.11/site-packages';
    workspace.edit(
      `${packages}/numpy-1.26.0.dist-info/METADATA`,
      'Version: 1.26.0',
      'Version: 1.26.1',
    );
    expect((await workspace.start(['why', 'train']).result).stdout).toContain(
      'package numpy 1.26.0 → 1.26.1',
    );
    await expectRun(1, 'a package');
    workspace.edit(`${packages}/tiny-2.0.dist-info/METADATA`, 'Version: 2.0', 'Version: 2.1');
    await expectRun(1, 'a package that it needs');
    workspace.edit(`${packages}/docs-2.0.dist-info/METADATA`, 'Version: 2.0', 'Version: 2.1');
    await expectRun(0, 'a package of an extra');
    workspace.edit('.venv/pyvenv.cfg', '3.11.4', '3.12.1');
    expect((await workspace.start(['why', 'train']).result).stdout).toContain(
      'Python 3.11.4 → 3.12.1',
    );
    await expectRun(1, 'Python');
    workspace.write('lib/inner/__init__.py', 'import lib.unused\n');
    await expectRun(1, 'a folder that becomes a package');
    workspace.edit('lib/unused.py', '2', '3');
    await expectRun(1, 'a module that is imported now');
    workspace.write('lib/inner/sizes/__init__.py', "SIZES = {'a': 2}\n");
    await expectRun(1, 'a package that stands before a module');
  });

  it('is found whatever starts it', async () => {
    const commands = {
      plain: run('PATH=$PWD/.venv/bin:$PATH && python -u train.py'),
      module: run('.venv/bin/python -m lib.model'),
      wrapped: run('env A=b nohup .venv/bin/python3 -W ignore train.py'),
      torch: run('.venv/bin/torchrun --nproc_per_node 2 --master-port=1 train.py --lr 1'),
      accelerate: run('.venv/bin/accelerate launch --num_processes 2 train.py'),
      uv: run('.venv/bin/uv run --with tiny python train.py'),
      uvfile: run('.venv/bin/uv run train.py'),
      inside: run('(cd lib && ../.venv/bin/python ../train.py) | cat'),
      nested: run("bash -c '.venv/bin/python train.py'"),
      path: run('export PYTHONPATH=..:$HOME; cd lib; ../.venv/bin/python -m lib.model'),
      text: run('.venv/bin/python -c "from lib import model"'),
      value: run('.venv/bin/python {{ entry }}.py'),
      activated: run('. .venv/bin/activate && python train.py'),
      loop: run('for i in 1 2; do .venv/bin/python train.py $i; done'),
      started: run('./start.py'),
      declared: `${run('.venv/bin/env-tool x')}, code: train.py`,
    };
    const workspace = makePython(commands, {
      'start.py': `#!/usr/bin/env -S .venv/bin/python\n${MAIN}`,
      '.venv/bin/activate': 'PATH="$PWD/.venv/bin:$PATH"\n',
    });
    chmodSync(join(workspace.path, 'start.py'), 0o755);
    const first = await workspace.run(['--keep-going']);
    expect([first.code, first.executed], first.stdout).toEqual([0, Object.keys(commands).length]);
    expect(first.stdout).not.toContain('[warning]');
    workspace.edit('lib/inner/layer.py', '# the first', '# no matter');
    expect((await workspace.run()).executed).toBe(0);
    workspace.edit('lib/inner/sizes.py', "'a': 1", "'a': 2");
    const states = await workspace.status();
    const unchanged = states.filter(({ state }) => state === 'up-to-date').map(({ node }) => node);
    expect(unchanged).toEqual([]);
  });

  it('counts once where it is an input too', async () => {
    const workspace = makePython({
      train: `${run('.venv/bin/python {{ inputs.s }}')}, inputs: { s: train.py, l: lib/model.py }`,
    });
    expect((await workspace.run()).executed).toBe(1);
    workspace.edit('lib/inner/sizes.py', "'a': 1", "'a': 2");
    expect((await workspace.run()).executed).toBe(1);
    // As an input it counts as it stands.
    workspace.edit('train.py', 'import numpy', 'import numpy  # arrays');
    const { stdout } = await workspace.start(['why', 'train']).result;
    expect(stdout).toContain('input s train.py');
    expect(stdout).not.toMatch(/train\.py changed \(\+/);
    expect((await workspace.run()).executed).toBe(1);
  });

  it('is told of where it cannot be followed, each place once', async () => {
    const workspace = makePython(
      {
        train: run('.venv/bin/python train.py; sh step.sh; node step.mjs'),
        other: run('.venv/bin/python train.py 2'),
        unclear: run('for s in a b; do .venv/bin/python $s.py; done'),
        gone: run('.venv/bin/python gone.py'),
      },
      {
        'train.py': 'import sys\nname = sys.argv[1]\nmodule = __import__(name)\nimport nowhere\n',
        'step.sh': 'echo a\n',
        'step.mjs': '',
      },
    );
    const { stdout } = await workspace.run();
    const warnings = stdout.split('\n').filter((line) => line.startsWith('[warning]'));
    expect(warnings).toEqual([
      expect.stringContaining('train.py:3:10: the name of an imported module is computed'),
      expect.stringContaining('train.py:4:1: "nowhere" is no module of the workspace'),
      expect.stringMatching(
        /pipeline\.yaml:6:\d+: a program of Python that the command runs cannot be told/,
      ),
      expect.stringMatching(/pipeline\.yaml:7:\d+: the command runs gone\.py, which is not there/),
      expect.stringContaining('step.mjs, step.sh count'),
    ] as unknown[]);
    expect((await workspace.run()).stdout).not.toContain('step.sh count');
    workspace.edit('step.sh', 'echo a', 'echo a # b');
    expect((await workspace.run()).executed).toBe(1);
  });

  it('fails a stage where it is edited while that runs, unless the edit does nothing', async () => {
    const workspace = makePython({ train: run('.venv/bin/python train.py; cat gate') });
    workspace.makeGate('gate');
    const runWith = async (edit: () => void) => {
      const running = workspace.run();
      const gate = await workspace.arrival('gate');
      edit();
      await gate.close();
      return running;
    };
    const edited = await runWith(() =>
      workspace.edit('lib/model.py', 'width()\n', 'width() + 1\n'),
    );
    expect([edited.executed, edited.failed], edited.stdout).toEqual([0, 1]);
    expect(edited.stdout).toContain(
      'lib/model.py, which it runs, changed while it ran, so the result is not published; run again',
    );
    const commented = await runWith(() => workspace.edit('lib/model.py', '+ 1', '+ 1  # more'));
    expect([commented.executed, commented.failed], commented.stdout).toEqual([1, 0]);
    expect((await workspace.run()).executed).toBe(0);
  });

  it('must be there, and stands beside a command alone', async () => {
    const workspace = makePython({ a: `${run('true')}, code: [train.py, lib/modle.py]` });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('the code "lib/modle.py" of stage "a"');
  });

  it.skipIf(!canTrace)('is nothing that the audit tells of', async () => {
    const workspace = makePython(
      { train: run('python3 train.py') },
      { 'train.py': 'from lib import model\nprint(model.f())\nopen("data.txt")\n', 'data.txt': '' },
    );
    await workspace.run();
    const unaudited = (await workspace.run(['--audit'])).stdout;
    expect(unaudited).toContain(
      '[warning] 1 cached result was made without --audit, so that it is not known what train read: run --strict makes it again',
    );
    const { stdout } = await workspace.run(['--audit', '--force']);
    expect(workspace.exists('lib/__pycache__')).toBe(true);
    const advice = stdout.split('\n').filter((line) => line.startsWith('[warning] '));
    expect(advice).toEqual([
      expect.stringContaining('train: reads data.txt, which it does not declare; add to'),
      '[warning] train:   inputs:',
      '[warning] train:     data: data.txt',
    ] as unknown[]);
    // Following it ends it, and nothing that Python leaves behind changes that.
    workspace.edit('pipeline.yaml', 'command:', 'inputs: { data: data.txt, lib: lib }, command:');
    const followed = await workspace.run(['--audit']);
    expect([followed.executed, followed.stdout.includes('[warning]')]).toEqual([1, false]);
    workspace.remove('lib/__pycache__');
    expect((await workspace.run(['--strict'])).executed).toBe(0);
  });
});

describe('packages that are installed to be edited', () => {
  it('are code, wherever they lie', async () => {
    const workspace = makePython(
      { train: run('.venv/bin/python train.py') },
      {
        'train.py': 'import ours, other\n',
        'src/ours/__init__.py': 'x = 1\n',
        'far/other.py': 'y = 1\n',
      },
    );
    const packages = '.venv/lib/python3.11/site-packages';
    workspace.write(`${packages}/ours.pth`, `${join(workspace.path, 'src')}\n`);
    const mapping = `{'other': '${join(workspace.path, 'far/other')}'}`;
    workspace.write(
      `${packages}/__editable___other_1_finder.py`,
      `MAPPING: dict[str, str] = ${mapping}\n`,
    );
    const first = await workspace.run();
    expect([first.executed, first.stdout.includes('[warning]')], first.stdout).toEqual([1, false]);
    workspace.edit('src/ours/__init__.py', '1', '2');
    expect((await workspace.run()).executed).toBe(1);
    workspace.edit('far/other.py', '1', '2');
    expect((await workspace.run()).executed).toBe(1);
  });

  it('count by a lock file where no environment is there', async () => {
    const workspace = makePython(
      { train: run('uv run train.py || true') },
      { 'uv.lock': 'version = 1\n\n[[package]]\nname = "numpy"\nversion = "1.26.0"\n' },
    );
    workspace.remove('.venv');
    const env = { PATH: join(workspace.path, 'programs') };
    for (const name of ['bash', 'node', 'sh', 'cat', 'true']) {
      workspace.write('programs/.keep', '');
      symlinkSync(name === 'node' ? process.execPath : `/bin/${name}`, join(env.PATH, name));
    }
    expect((await workspace.run([], { env })).executed).toBe(1);
    expect((await workspace.run([], { env })).executed).toBe(0);
    workspace.edit('uv.lock', '1.26.0', '1.26.1');
    expect((await workspace.run([], { env })).executed).toBe(1);
    // conda's names the same package, in the version for this machine.
    workspace.remove('uv.lock');
    const entry = (platform: string, version: string) =>
      `- { name: numpy, version: ${version}, manager: conda, platform: ${platform} }\n`;
    const entries = `${entry('other-64', '1.0.0')}${entry(nameCondaPlatform(), '1.26.1')}`;
    workspace.write('conda-lock.yml', `version: 1\npackage:\n${entries}`);
    expect(await workspace.run([], { env })).toMatchObject({ executed: 0, stderr: '' });
    workspace.edit('conda-lock.yml', '1.26.1', '1.3');
    const { executed, stdout } = await workspace.run([], { env });
    expect(executed).toBe(1);
    expect(stdout).toContain(
      'conda-lock.yml:4:27: a package needs a "version", a text; this one has 1.3: the versions in this lock file of conda do not count\n',
    );
  });
});
