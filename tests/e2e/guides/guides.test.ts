import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changeFile, readGuide } from '../../fixtures/guide.ts';
import { ProjectCopy, REPOSITORY } from '../../fixtures/project.ts';

const FOLDER = join(REPOSITORY, 'docs', 'guides');

describe('the guides', () => {
  it('change files as they are now, one guide after another, to a pipeline without mistakes', async () => {
    const project = new ProjectCopy();
    try {
      for (const guide of readdirSync(FOLDER)) {
        for (const step of readGuide(readFileSync(join(FOLDER, guide), 'utf8'))) {
          if (step.kind !== 'commands') changeFile(project.path, step);
        }
      }
      const { code, stderr } = await project.pipeline(['status', '--profile', 'quick']);
      expect(code, stderr).toBe(0);
    } finally {
      project.remove();
    }
  });
});
