import { describe, expect, it } from 'vitest';
import { Graph } from './graph.ts';
import { floats } from './tensor-proto.ts';
import { buildGraph, buildModel } from './testing/build-model.ts';
import { valueInfo } from './value-info.ts';

const chain = () =>
  new Graph(
    buildModel({
      nodes: [
        { opType: 'Relu', name: 'second', input: ['a'], output: ['y'] },
        { opType: 'Add', name: 'first', input: ['x', 'w'], output: ['a'] },
        { opType: 'Neg', name: 'dead', input: ['a'], output: ['unused'] },
      ],
      inputs: { x: { dims: [3] } },
      outputs: { y: { dims: [3] } },
      initializers: [floats('w', [1, 2, 3]), floats('w_dead', [1])],
    }),
  );

const withBody = () =>
  new Graph(
    buildModel({
      nodes: [
        { opType: 'Relu', name: 'relu', input: ['x'], output: ['a'] },
        {
          opType: 'If',
          name: 'if',
          input: ['flag'],
          output: ['y'],
          attributes: {
            then_branch: buildGraph({
              nodes: [{ opType: 'Neg', input: ['a'], output: ['inner'] }],
              outputs: { inner: {} },
            }),
            else_branch: buildGraph({
              nodes: [{ opType: 'Abs', input: ['x'], output: ['other'] }],
              outputs: { other: {} },
            }),
          },
        },
      ],
      inputs: { x: { dims: [3] }, flag: { type: 'bool', dims: [] } },
      outputs: { y: {} },
    }),
  );

const names = (nodes: readonly { name: string }[]) => nodes.map(({ name }) => name);

describe('Graph', () => {
  it('sorts what a node needs in front of it, keeping the rest in place', () => {
    expect(names(chain().sortedNodes())).toEqual(['first', 'second', 'dead']);
  });

  it('refuses a cycle', () => {
    const graph = chain();
    graph.setInput(graph.producer('a')!, 1, 'y');
    expect(() => graph.commit()).toThrow(expect.objectContaining({ code: 'model-invalid' }));
  });

  it('prunes nodes and initializers that reach no output, and their declarations', () => {
    const graph = chain();
    graph.model.graph!.valueInfo.push(valueInfo('a', 'float32', [3]), valueInfo('unused', 'float32', [3]));
    graph.prune();
    const { graph: proto } = graph.commit();
    expect(names(proto!.node)).toEqual(['first', 'second']);
    expect(names(proto!.initializer)).toEqual(['w']);
    expect(names(proto!.valueInfo)).toEqual(['a']);
  });

  it('keeps consumers current through edits', () => {
    const graph = chain();
    const relu = graph.producer('y')!;
    graph.setInputs(relu, ['x', 'x']);
    expect(names(graph.consumers('x'))).toEqual(['first', 'second']);
    graph.setInput(relu, 0, 'w');
    expect(names(graph.consumers('x'))).toEqual(['first', 'second']);
    graph.setInput(relu, 1, '');
    expect(names(graph.consumers('x'))).toEqual(['first']);
  });

  it('gives names that nothing uses, those within bodies included', () => {
    const graph = withBody();
    expect(graph.uniqueName('inner')).toBe('inner_1');
    expect(graph.uniqueName('inner')).toBe('inner_2');
    expect(graph.uniqueName('new')).toBe('new');
  });

  it('counts captures as reads and leaves them alone', () => {
    const graph = withBody();
    expect(graph.isCaptured('a')).toBe(true);
    expect(names(graph.consumers('a'))).toEqual(['if']);
    graph.replaceUses('a', 'x');
    graph.prune();
    expect(names(graph.nodes)).toEqual(['relu', 'if']);
  });

  it('clones so that edits do not reach the original', () => {
    const graph = chain();
    const copy = graph.clone();
    copy.setInput(copy.producer('y')!, 0, 'x');
    copy.model.graph!.output.push(valueInfo('a', 'float32'));
    copy.setOpset(17);
    copy.commit();
    expect(graph.producer('y')!.input).toEqual(['a']);
    expect(graph.outputs).toEqual(['y']);
    expect(graph.opset()).toBe(13);
    expect(copy.producer('y')!.domain).toBe('');
  });
});
