import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNoSlurm, SlurmCluster } from '../../fixtures/slurm-cluster.ts';
import { parseEvents, Workspace } from '../../fixtures/workspace.ts';

/** What reads module files where there is no module system: the two verbs that the test uses. */
const STAND_IN = `module() {
  [ "$1" = load ] || return 1
  shift
  for one; do
    [ -r "$MODULEPATH/$one" ] || { echo "ERROR: Unable to locate a modulefile for '$one'" >&2; return 1; }
    while read -r verb name value; do
      case $verb in
        setenv) export "$name=$value" ;;
        prepend-path) export "$name=$value\${!name:+:\${!name}}" ;;
      esac
    done < "$MODULEPATH/$one"
  done
}
`;

/** Notes its arguments and runs what it is to run, as Apptainer does in an image. */
const APPTAINER = `#!/bin/bash
printf '%s\\n' "$@" > apptainer-arguments
export IN_IMAGE=yes APPTAINER_CONTAINER=/image
while [ "\${1##*/}" != lab.sif ]; do shift; done
shift
exec "$@"
`;

const hasModules = existsSync('/usr/share/modules/init/bash');
const skipped = findNoSlurm();

describe.skipIf(skipped !== null)(
  `the environment of jobs, ${hasModules ? 'by Environment Modules' : 'by a stand-in for a module system'} and a stand-in for Apptainer${skipped === null ? '' : ` (skipped: ${skipped})`}`,
  () => {
    let cluster: SlurmCluster;
    let workspace: Workspace;
    let env: Record<string, string>;

    beforeAll(() => {
      cluster = new SlurmCluster();
      workspace = new Workspace({});
      const { path } = workspace;
      const init = hasModules ? {} : { MODULESHOME: join(path, 'modules') };
      env = {
        ...cluster.env,
        ...{ PATH: `${path}/bin:${cluster.env['PATH']}`, MODULEPATH: join(path, 'modulefiles') },
        ...init,
      } as Record<string, string>;
      const modulefile = `setenv TOOL_HOME ${path}/tool
prepend-path LD_LIBRARY_PATH ${path}/tool/lib
prepend-path PATH ${path}/tool/bin
`;
      const files = {
        'modulefiles/tool/1.0': `#%Module1.0\n${modulefile}`,
        'modules/init/bash': STAND_IN,
        'tool/bin/tool': '#!/bin/sh\necho tool at work\n',
        'bin/apptainer': APPTAINER,
        'lab.sif': '',
        'prologue.sh':
          'export LAB="$TOOL_HOME, prologue"\nexport PYTHONPATH=/lab/python OMP_NUM_THREADS=77\n',
        'see.py': `import os, subprocess, sys
env = os.environ
with open(sys.argv[1], 'w') as out:
    print(env['LAB'], env['LD_LIBRARY_PATH'], env['PYTHONPATH'].split(':')[0], env['OMP_NUM_THREADS'], file=out)
    out.write(subprocess.check_output(['tool'], text=True))
`,
        'see.ts': `import { writeFileSync } from 'node:fs';
export async function run({ outputs, $ }) {
  const { stdout } = await $\`tool\`;
  writeFileSync(outputs.o, [process.env.LAB, process.env.LD_LIBRARY_PATH, process.execPath].join(' ') + '\\n' + stdout);
}
`,
        'pipeline.yaml': `version: 1
slurm:
  poll: 1s
  environment: { modules: [tool/1.0], prologue: prologue.sh, image: lab.sif, apptainer: [--nv], node: ${path}/node }
stages:
  shell:
    command: '{ echo $LAB $LD_LIBRARY_PATH $IN_IMAGE $OMP_NUM_THREADS "[$CUDA_VISIBLE_DEVICES]"; tool; } > {{ outputs.o }}'
    outputs: { o: out/shell }
  python: { command: 'python3 see.py {{ outputs.o }}', outputs: { o: out/python } }
  typescript: { module: see.ts, outputs: { o: out/typescript } }
  gpu:
    matrix: { i: [1, 2] }
    command: echo "$CUDA_VISIBLE_DEVICES" > {{ outputs.o }}; touch ran-{{ i }}; while [ ! -e go ]; do sleep 0.1; done
    outputs: { o: "out/gpu-{{ i }}" }
    resources: { gpus: 0.5 }
    slurm: { options: { nodelist: n1 } }
`,
      };
      for (const [name, text] of Object.entries(files)) workspace.write(name, text);
      for (const name of ['tool/bin/tool', 'bin/apptainer']) chmodSync(join(path, name), 0o755);
      // A copy on the shared disk: there may be none on a node.
      copyFileSync(process.execPath, join(path, 'node'));
    });
    afterAll(() => {
      workspace?.dispose();
      cluster?.stop();
    });

    it('is that of modules, a prologue and an image, for stages of every kind, and is recorded', async () => {
      const { path } = workspace;
      const run = workspace.run(['--executor', 'slurm'], { env });
      // Both GPUs of the node are given out at a time.
      await workspace.until(() => workspace.exists('ran-1') && workspace.exists('ran-2'));
      workspace.write('go', '');
      const { stdout, ...end } = await run;
      expect(end).toMatchObject({ code: 0, executed: 5, stderr: '' });
      // Slurm knows nothing of parts, and gives each job a whole one.
      expect(stdout.match(/of Slurm a whole GPU is asked for/g)).toHaveLength(1);
      const lab = `${path}/tool, prologue ${path}/tool/lib`;
      expect(workspace.read('out/shell')).toBe(`${lab} yes 1 []\ntool at work\n`);
      expect(workspace.read('out/python')).toBe(`${lab} /lab/python 1\ntool at work\n`);
      expect(workspace.read('out/typescript')).toBe(`${lab} ${path}/node\ntool at work\n`);
      expect([1, 2].map((i) => workspace.read(`out/gpu-${i}`)).sort()).toEqual(['0\n', '1\n']);
      const given = workspace.read('apptainer-arguments').split('\n');
      const wanted = ['exec', '--bind', path, '--pwd', path, '--nv', `${path}/lab.sif`];
      expect(given.slice(0, 8)).toEqual([...wanted, `${path}/node`]);
      const nodes = await workspace.status();
      const { fingerprint } = nodes.find(({ node }) => node === 'python') ?? { fingerprint: '' };
      const record = workspace.action(fingerprint ?? '') as unknown as {
        provenance: { slurm: { environment: unknown; variables: string[] }; isWhole: boolean };
      };
      // The job says that nothing was there that it could go on from.
      expect(record.provenance.isWhole).toBe(true);
      expect(record.provenance.slurm.environment).toEqual({
        modules: ['tool/1.0'],
        prologue: 'prologue.sh',
        image: 'lab.sif',
        apptainer: ['--nv'],
        node: `${path}/node`,
      });
      const { variables } = record.provenance.slurm;
      const set = ['LAB', 'LD_LIBRARY_PATH', 'PATH', 'PYTHONPATH', 'TOOL_HOME'];
      expect(variables).toEqual(expect.arrayContaining(set));
      // What the engine decides whatever they set.
      expect(variables).not.toContain('OMP_NUM_THREADS');
      // Another environment finds what this one has made.
      workspace.edit('pipeline.yaml', 'tool/1.0', 'tool/2.0');
      expect(await workspace.run([], { env })).toMatchObject({ executed: 0, cached: 5 });
    });

    it('fails a stage with the words of a module that is not there', async () => {
      const args = ['shell', '--force-targets', '--executor', 'slurm', '--json'];
      const events = parseEvents(await workspace.run(args, { env }));
      const failure = events.find((event) => event.type === 'node-failed');
      expect(failure).toMatchObject({ node: 'shell' });
      expect(JSON.stringify(failure)).toMatch(
        /did not get as far as its stage: .*Unable to locate a modulefile for 'tool\/2.0'/,
      );
    });
  },
);
