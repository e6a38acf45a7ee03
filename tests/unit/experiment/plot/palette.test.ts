import { describe, expect, it } from 'vitest';
import { orderModels, styleModels } from '../../../../experiment/plot/palette.ts';

describe('models', () => {
  it('are ordered as known, others by name, each once', () => {
    expect(orderModels(['Zebra', 'MLP3', 'Ant', 'Net', 'MLP3', 'MLP1'])).toEqual([
      'Net',
      'MLP1',
      'MLP3',
      'Ant',
      'Zebra',
    ]);
  });

  it('keep their colour and shape whatever else is drawn, and no two look alike', () => {
    const [alone] = styleModels(['AlexNetSmall']);
    const all = orderModels(['AlexNetSmall', 'MLP1', 'Net', 'WideResNet', 'Ant', 'Zebra']);
    const styles = styleModels(all);
    expect(styles[all.indexOf('AlexNetSmall')]).toEqual(alone);
    expect(new Set(styles.map(({ color }) => color)).size).toBe(all.length);
  });
});
