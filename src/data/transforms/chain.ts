import { Fault } from '../../base/fault.ts';
import { nearest } from '../../base/nearest.ts';
import { resolveOptions } from '../../base/resolve-options.ts';
import type { Sample } from '../sample.ts';
import { REFUSED_TRANSFORMS } from './refused.ts';
import { TRANSFORMS } from './registry.ts';
import type { Transform } from './transform.ts';

/** A transform as the YAML gives it: its name and options not checked yet. */
export interface TransformSpec {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

function findTransform(name: string): Transform {
  const transform = TRANSFORMS.get(name);
  if (transform) return transform;
  const reason = REFUSED_TRANSFORMS.get(name);
  const guess = nearest(name, TRANSFORMS.keys());
  throw new Fault('data-transform-invalid', {
    message: reason ? `The transform ${name} is not run. ${reason}` : `There is no transform named ${name}.`,
    place: `transform.${name}`,
    found: name,
    accepted: [...TRANSFORMS.keys()].join(', '),
    next: reason ? 'Remove it.' : guess ? `Did you mean ${guess}?` : 'Use one of the accepted names.',
  });
}

/** Checks names and options once and gives the steps in order as one function. Throws `data-transform-invalid`, `config-*`. */
export function chainTransforms(specs: readonly TransformSpec[]): (sample: Sample) => Sample {
  const steps = specs.map(({ name, options }) => {
    const transform = findTransform(name);
    const values = resolveOptions(transform.options, options, `transform.${name}`);
    return (sample: Sample): Sample => {
      try {
        return transform.apply(sample, values);
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown;
        throw new Fault(thrown.code, { place: `transform.${name}`, ...thrown.details }, { cause: thrown });
      }
    };
  });
  return (sample) => steps.reduce((current, step) => step(current), sample);
}
