import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it('finds the word that was meant, whatever its case', () => {
  expect(nearest('strategi', ['tuning', 'strategy'])).toBe('strategy');
  expect(nearest('resize', ['CenterCrop', 'Resize'])).toBe('Resize');
});

it('is silent when nothing lies within a third of the length', () => {
  expect(nearest('quantum', ['tuning', 'strategy'])).toBeUndefined();
  expect(nearest('abc', ['xyz'])).toBeUndefined();
  expect(nearest('abc', [])).toBeUndefined();
});

it('takes the first of equally near candidates', () => {
  expect(nearest('calib', ['caliba', 'calibb'])).toBe('caliba');
  expect(nearest('abc', ['abx', 'aby'])).toBe('abx');
});
