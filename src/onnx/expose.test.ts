import { expect, it } from 'vitest';
import type { Tensor } from '../base/tensor.ts';
import { exposePart, exposeTensors } from './expose.ts';
import { Graph } from './graph.ts';
import { floats } from './tensor-proto.ts';
import { buildGraph, buildModel } from './testing/build-model.ts';
import { runModel } from './testing/run-model.ts';

const branch = (opType: string, output: string) =>
  buildGraph({ nodes: [{ opType, input: ['a'], output: [output] }], outputs: { [output]: { dims: [2] } } });

const graph = () =>
  new Graph(
    buildModel({
      nodes: [
        { opType: 'Add', name: 'add', input: ['x', 'w'], output: ['a'] },
        {
          opType: 'If',
          name: 'if',
          input: ['flag'],
          output: ['b'],
          attributes: { then_branch: branch('Neg', 'yes'), else_branch: branch('Abs', 'no') },
        },
        { opType: 'Cast', name: 'cast', input: ['b'], output: ['i'], attributes: { to: 7 } },
        { opType: 'Relu', name: 'relu', input: ['b'], output: ['y'] },
      ],
      inputs: { x: { dims: [2] }, flag: { type: 'bool', dims: [] } },
      outputs: { y: { dims: [2] } },
      initializers: [floats('w', [1, -5])],
    }),
  );

const feeds = {
  x: { type: 'float32', dims: [2], data: Float32Array.of(1, 2) } as Tensor,
  flag: { type: 'bool', dims: [], data: Uint8Array.of(1) } as Tensor,
};

it('exposes captured tensors, those of unknown type, inputs and initializers', async () => {
  const original = graph();
  const outputs = await runModel(exposeTensors(original, ['a', 'b', 'i', 'x', 'w', 'a', 'y']), feeds);
  const values = Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data, Number)]),
  );
  expect(values).toEqual({ y: [0, 3], a: [2, -3], b: [-2, 3], i: [-2, 3], x: [1, 2], w: [1, -5] });
  expect(original.outputs).toEqual(['y']);
});

it('exposes tensors that were renamed', async () => {
  const edited = graph();
  edited.setOutput(edited.producer('b')!, 0, 'renamed');
  edited.replaceUses('b', 'renamed');
  const outputs = await runModel(exposeTensors(edited, ['renamed']), feeds);
  expect([...outputs.renamed!.data]).toEqual([-2, 3]);
});

it('refuses a name that the graph does not have', () => {
  expect(() => exposeTensors(graph(), ['nothing'])).toThrow(expect.objectContaining({ code: 'internal' }));
});

it('cuts out the part that computes some tensors', async () => {
  const part = new Graph(exposePart(graph(), ['b', 'a']));
  expect(part.nodes.map(({ name }) => name)).toEqual(['add', 'if']);
  expect(part.outputs).toEqual(['b', 'a']);
});
