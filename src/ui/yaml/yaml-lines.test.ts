import { describe, expect, it } from 'vitest';
import { withoutYamlValue, withYamlValue, yamlLines, yamlPlace } from './yaml-lines.ts';

const TEXT = `# of a colleague
model:
  name: net   # as exported
tuning:
    strategy:
        name: basic
    exit_policy: {max_trials: 5}
    accuracy_criterion:
        relative: 0.01 # one per cent
`;

const endOf = (words: string): number => TEXT.indexOf(words) + words.length;

describe('yamlLines', () => {
  it('knows the path and the value of every line', () => {
    expect(
      yamlLines(TEXT).map(({ path, valueFrom, valueTo }) => [path.join('.'), TEXT.slice(valueFrom, valueTo)]),
    ).toEqual([
      ['model', ''],
      ['model.name', 'net'],
      ['tuning', ''],
      ['tuning.strategy', ''],
      ['tuning.strategy.name', 'basic'],
      ['tuning.exit_policy', '{max_trials: 5}'],
      ['tuning.accuracy_criterion', ''],
      ['tuning.accuracy_criterion.relative', '0.01'],
    ]);
  });
});

describe('yamlPlace', () => {
  it('tells keys from values', () => {
    expect(yamlPlace(TEXT, endOf('name: ba'))).toEqual({ path: ['tuning', 'strategy', 'name'], isValue: true });
    expect(yamlPlace(TEXT, endOf('        rel'))).toEqual({ path: ['tuning', 'accuracy_criterion'], isValue: false });
    expect(yamlPlace(TEXT, endOf('tun'))).toEqual({ path: [], isValue: false });
    const typed = 'tuning:\n  exit_policy:\n    ';
    expect(yamlPlace(typed, typed.length)).toEqual({ path: ['tuning', 'exit_policy'], isValue: false });
    expect(yamlPlace('tuning:\n  ', 10)).toEqual({ path: ['tuning'], isValue: false });
  });
});

describe('withYamlValue', () => {
  it('changes one value and nothing else', () => {
    const changed = withYamlValue(TEXT, ['tuning', 'accuracy_criterion', 'relative'], '0.02');
    expect(changed).toBe(TEXT.replace('0.01', '0.02'));
    expect(withYamlValue('a:\n', ['a'], '1')).toBe('a: 1\n');
  });

  it('adds what is missing where its parent is', () => {
    expect(withYamlValue(TEXT, ['tuning', 'random_seed'], '7')).toBe(
      TEXT.replace('tuning:\n', 'tuning:\n    random_seed: 7\n'),
    );
    expect(withYamlValue(TEXT, ['evaluation', 'accuracy', 'hold_out'], '0.3')).toBe(
      `${TEXT}evaluation:\n  accuracy:\n    hold_out: 0.3\n`,
    );
    expect(withYamlValue('', ['tuning', 'random_seed'], '7')).toBe('tuning:\n  random_seed: 7');
  });

  it('leaves what is not in block style to the user', () => {
    expect(withYamlValue(TEXT, ['tuning', 'exit_policy', 'max_trials'], '9')).toBeNull();
    expect(withYamlValue(TEXT, ['tuning', 'exit_policy'], '9')).toBeNull();
    expect(withYamlValue(TEXT, ['tuning', 'strategy'], 'x')).toBeNull();
  });
});

describe('withoutYamlValue', () => {
  it('takes the line out, and keys above it that are left with nothing', () => {
    const text = 'a:\n  b:\n    c: 1 # why\nd: 2\n';
    expect(withoutYamlValue(text, ['a', 'b', 'c'])).toBe('d: 2\n');
    expect(withoutYamlValue('a:\n  b: 1\n  c: 2\n', ['a', 'b'])).toBe('a:\n  c: 2\n');
    expect(withoutYamlValue('a:\n  b: [1, 2]\n', ['a', 'b'])).toBe('');
    expect(withoutYamlValue(text, ['a', 'x'])).toBe(text);
  });

  it('leaves what is not on a line of its own to the user', () => {
    expect(withoutYamlValue('a: {b: 1}\n', ['a', 'b'])).toBeNull();
    expect(withoutYamlValue('a:\n  b:\n  - 1\n', ['a', 'b'])).toBeNull();
    expect(withoutYamlValue('a: |\n  text\n', ['a'])).toBeNull();
  });
});
