import { expect, it } from 'vitest';
import { ProjectCopy } from '../../fixtures/project.ts';
import { findNoSlurm, SlurmCluster } from '../../fixtures/slurm-cluster.ts';

const skipped = findNoSlurm();
const SETTINGS = ['models=[MLP1]', 'levels=[0, 1]', 'dataset.train=100', 'dataset.test=50'];
const SMALL = [
  'figure1',
  ...[...SETTINGS, 'training.epochs=2'].flatMap((setting) => ['--set', setting]),
];

it.skipIf(skipped !== null)(
  `figure1 through Slurm has the digests of one made here${skipped === null ? '' : ` (skipped: ${skipped})`}`,
  async () => {
    const cluster = new SlurmCluster();
    const [here, there] = [new ProjectCopy(), new ProjectCopy()];
    try {
      await here.run(SMALL);
      const run = await there.pipeline(['run', ...SMALL, '--executor', 'slurm'], cluster.env);
      expect(run).toMatchObject({ code: 0 });
      expect(run.stdout).toMatch(/^22 executed, 0 cached, 0 failed/m);
      const digests = await here.digests(SMALL);
      expect(Object.keys(digests)).toContain('train/MLP1_1.0_none checkpoint');
      expect(await there.digests(SMALL)).toEqual(digests);
      // All but the five configurations, which are templates.
      expect(cluster.jobs()).toHaveLength(17);
    } finally {
      here.remove();
      there.remove();
      cluster.stop();
    }
  },
);
