import type { OptionSchema } from '../../base/options.ts';
import { nearest } from '../../base/nearest.ts';
import type { Fault } from '../../base/fault.ts';
import type { Cursor } from './cursor.ts';
import type { Declared, NamedSpec, Vocabulary } from './named.ts';
import { optionKeys, type OutlineKey } from './outline.ts';
import { readOptions, writeOptions } from './options.ts';
import { anyText } from './scalars.ts';
import type { Shape } from './shape.ts';
import { TOKEN_KEY } from './token.ts';

/** Strategies of Neural Compressor, old and new. */
const ORIGINAL = [
  'basic',
  'bayesian',
  'exhaustive',
  'mse',
  'mse_v2',
  'random',
  'sigopt',
  'tpe',
  'automixedprecision',
  'conservative',
  'hawq_v2',
  'auto',
];

/** Keys that Neural Compressor accepts with every strategy; they count only where the strategy declares them. */
const SHARED: OptionSchema = {
  sigopt_base_url: { type: 'string', help: 'Address of a SigOpt server.', default: null },
  sigopt_project_id: { type: 'string', help: 'Project of the SigOpt service.', default: null },
  sigopt_experiment_name: { type: 'string', help: 'Experiment of the SigOpt service.', default: 'nc-tune' },
  accuracy_weight: { type: 'number', help: 'Weight of the accuracy in the loss.', default: 1 },
  latency_weight: { type: 'number', help: 'Weight of the latency in the loss.', default: 1 },
};

/** `{name: basic, …options}`; the first of the vocabulary where no name is given; throws `config-unknown-strategy`. */
export function strategy({ strategies }: Vocabulary): Shape<NamedSpec> {
  const known = strategies.map(({ name }) => name);
  return {
    accepts: `a map with a name (${known.join(', ')}) and the options of that strategy`,
    parts: [nameKey(strategies), ...optionsOfAny(strategies)],
    read(cursor) {
      if (cursor.node.kind !== 'map') throw cursor.invalid(this.accepts);
      const at = cursor.child('name');
      const name = at?.found() ?? (known[0] as string);
      const declared = strategies.find((each) => each.name === name);
      if (declared === undefined) throw unknownStrategy(name, at ?? cursor, known);
      const shared = Object.keys(SHARED).filter((key) => !Object.hasOwn(declared.options, key));
      readOptions(cursor, SHARED, ['name', TOKEN_KEY, ...Object.keys(declared.options)]);
      for (const key of name === 'sigopt' ? shared : [...shared, TOKEN_KEY]) {
        cursor.child(key)?.warn('config-key-unused', `${key} has no effect with the strategy ${name}.`);
      }
      // The token is no setting: whoever runs the search takes it out of the text (`withoutToken`).
      const token = cursor.child(TOKEN_KEY);
      if (token !== undefined) anyText.read(token);
      return { name, options: readOptions(cursor, declared.options, ['name', TOKEN_KEY, ...shared]) };
    },
    write: ({ name, options }) => new Map([['name', name], ...writeOptions(options)]),
  };
}

function unknownStrategy(name: string, cursor: Cursor, known: readonly string[]): Fault {
  const missing = ORIGINAL.filter((each) => !known.includes(each));
  const near = nearest(name, known);
  const isMissing = missing.includes(name);
  return cursor.fault('config-unknown-strategy', {
    message: isMissing
      ? `The strategy ${name} of Neural Compressor is not part of this Octet.`
      : `There is no strategy named ${name}.`,
    found: name,
    accepted: `${known.join(', ')}${missing.length === 0 ? '' : ` (not built yet: ${missing.join(', ')})`}`,
    next: near === undefined ? 'Choose a strategy from the list.' : `Did you mean ${near}?`,
  });
}

function nameKey(strategies: readonly Declared[]): OutlineKey {
  const words = strategies.map(({ name }) => name);
  const help = strategies.map((each) => `${each.name}: ${each.help}`).join('\n');
  return { name: 'name', help, accepts: words.join(', '), default: words[0] ?? null, words, keys: [] };
}

/** An editor offers the options of all strategies: the help says whose they are. */
function optionsOfAny(strategies: readonly Declared[]): OutlineKey[] {
  const found = new Map<string, OutlineKey>();
  for (const { name, options } of strategies) {
    for (const option of optionKeys(options)) {
      const known = found.get(option.name);
      found.set(option.name, {
        ...(known ?? option),
        help: known ? `${known.help}, ${name}` : `${option.help} For ${name}`,
      });
    }
  }
  return [...found.values()];
}
