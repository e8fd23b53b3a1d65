import { expect, it } from 'vitest';
import { header } from '../../tests/browser/sample-session.ts';
import { missingFiles, slotsOf } from './session-slots.ts';
import { EMPTY_SLOTS } from './sort-files.ts';

const file = (path: string): { path: string; blob: Blob } => ({ path, blob: new Blob([path]) });

it('puts the files of a session into the slots, settings of the form as a configuration file', async () => {
  const config = { text: 'tuning: {}', fileName: 'settings' };
  const strategy = { text: 'export default 1', fileName: 'mine.mjs' };
  const files = { model: [file('m.onnx')], calibration: [], evaluation: [file('e.npz')], config, strategy };
  const slots = slotsOf(files, 'settings');
  expect(slots.model).toBe(files.model);
  expect(slots.evaluation).toBe(files.evaluation);
  expect(slots.holdOut).toEqual([]);
  expect(slots.config[0]?.path).toBe('tune-config.yaml');
  expect(await slots.config[0]?.blob.text()).toBe('tuning: {}');
  expect(slots.strategy[0]?.path).toBe('mine.mjs');
  expect(slotsOf({ ...files, config: { ...config, fileName: 'own.yaml' } }, 'settings').config[0]?.path).toBe(
    'own.yaml',
  );
  expect(missingFiles(header, slots)).toEqual([]);
});

it('names what an imported session did not bring along, split data once', () => {
  expect(missingFiles(header, EMPTY_SLOTS)).toEqual(['mobilenet.onnx', 'eval.npz', 'calib.npz']);
  const split = { ...header, data: { ...header.data, splitSeed: 9 } };
  expect(missingFiles(split, EMPTY_SLOTS)).toEqual(['mobilenet.onnx', 'eval.npz']);
  const customStrategy = { name: 'mine', fileName: 'mine.mjs', sha256: '0'.repeat(64) };
  const slots = { ...EMPTY_SLOTS, model: [file('m.onnx')], evaluation: [file('e.npz')] };
  expect(missingFiles({ ...header, customStrategy }, slots)).toEqual(['mine.mjs']);
});
