import { describe, expect, it } from 'vitest';
import {
  formatExperimentName,
  parseConfigPath,
  parseExperimentName,
} from '../../../commands/experiment-name.ts';

describe('the name of an experiment', () => {
  it('says model, probability and corruption', () => {
    expect(parseExperimentName('InceptionSmallWithoutBN_0.3_none')).toEqual({
      model: 'InceptionSmallWithoutBN',
      p: 0.3,
      corruption: 'none',
      decay: false,
      crop: false,
      seed: 42,
    });
    expect(parseExperimentName('MLP1_0.0_shuff_pix').corruption).toBe('shuff_pix');
  });

  it('says weight decay, crops and the seed where they are unusual, and is written so again', () => {
    expect(parseExperimentName('MLP1_0.0_rand_pix_wd_s7')).toMatchObject({
      corruption: 'rand_pix',
      decay: true,
      crop: false,
      seed: 7,
    });
    for (const name of [
      'MLP1_0.25_none',
      'MLP1_1.0_none_wd_crop_s43',
      'MLP1_0.5_none_crop',
      'Net_0.0_gauss_pix',
    ]) {
      expect(formatExperimentName(parseExperimentName(name))).toBe(name);
    }
  });

  it('may use the short names of models', () => {
    expect(parseExperimentName('AlexNet_1.0_none').model).toBe('AlexNetSmall');
  });

  it.each([
    ['MLP1_0.3', /is not the name of an experiment; expected <model>_<p>_<corruption>/],
    ['MLP1_1.3_none', /p from 0\.0 to 1\.0/],
    ['MLP1_0.3_blur', /none, shuff_pix, rand_pix, gauss_pix/],
    ['MLP9_0.3_none', /there is no model "MLP9"; the known models are Net, MLP1/],
    ['MLP1_0.3_none_s43_wd', /_wd, _crop and _s<seed> in this order/],
    ['MLP1_0.0_shuff_pix_crop', /crops images that shuff_pix has cut already/],
    ['MLP1_0.3_rand_pix', /expected p = 0\.0 with rand_pix/],
  ])('%s is refused with what was expected', (name, message) => {
    expect(() => parseExperimentName(name)).toThrow(message);
  });
});

describe('the place of a config', () => {
  it('says the profile too', () => {
    expect(parseConfigPath('experiments/quick/MLP1/MLP1_0.0_none.yaml')).toMatchObject({
      profile: 'quick',
      name: 'MLP1_0.0_none',
    });
    expect(parseConfigPath('experiments/AlexNet/AlexNet_0.0_none.yaml')).toMatchObject({
      profile: 'paper',
      name: 'AlexNetSmall_0.0_none',
    });
  });

  it('is refused elsewhere, and in the folder of another model', () => {
    expect(() => parseConfigPath('../x/MLP1_0.0_none.yaml')).toThrow(/expected experiments\//);
    expect(() => parseConfigPath('experiments/MLP3/MLP1_0.0_none.yaml')).toThrow(/folder of MLP3/);
  });
});
