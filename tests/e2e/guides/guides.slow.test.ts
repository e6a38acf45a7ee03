import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommandStep, changeFile, readGuide } from '../../fixtures/guide.ts';
import { ProjectCopy, REPOSITORY, runCommand } from '../../fixtures/project.ts';

const FOLDER = join(REPOSITORY, 'docs', 'guides');

/** Does what a guide says, as a reader would who follows it to the letter. */
async function follow(guide: string, project: ProjectCopy): Promise<void> {
  for (const step of readGuide(readFileSync(join(FOLDER, guide), 'utf8'))) {
    if (step.kind === 'commands') await obey(step, project);
    else changeFile(project.path, step);
  }
}

async function obey({ text, printed }: CommandStep, { path }: ProjectCopy): Promise<void> {
  const { code, stdout, stderr } = await runCommand(['bash', '-euc', text], path);
  expect(code, `${text}\n${stdout}\n${stderr}`).toBe(0);
  expect(stdout.split('\n'), text).toEqual(expect.arrayContaining(printed));
}

describe('a reader', () => {
  it.each(readdirSync(FOLDER))('can follow docs/guides/%s to the letter', async (guide) => {
    const project = new ProjectCopy();
    try {
      await follow(guide, project);
    } finally {
      project.remove();
    }
  });

  it('has then written what passes the checks of this project', async () => {
    const project = new ProjectCopy();
    try {
      for (const guide of readdirSync(FOLDER)) {
        for (const step of readGuide(readFileSync(join(FOLDER, guide), 'utf8'))) {
          if (step.kind !== 'commands') changeFile(project.path, step);
        }
      }
      for (const file of ['tsconfig.json', 'biome.json', '.gitignore']) {
        cpSync(join(REPOSITORY, file), join(project.path, file));
      }
      const checks = 'npx tsc --noEmit && npx biome check --vcs-enabled=false stages experiment';
      await obey({ kind: 'commands', text: checks, printed: [] }, project);
    } finally {
      project.remove();
    }
  });
});
