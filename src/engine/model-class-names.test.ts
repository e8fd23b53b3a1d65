import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ModelProtoSchema } from '../onnx/proto/onnx_pb.ts';
import { modelClassNames } from './model-class-names.ts';

const namesOf = (key: string, value: string) =>
  modelClassNames({
    model: create(ModelProtoSchema, {
      metadataProps: [
        { key: 'author', value: 'x' },
        { key, value },
      ],
    }),
  });

it.each([
  ['names', "{0: 'person', 1: 'it\\'s a dog', 10: 'no'}", undefined],
  ['names', "{0: 'person', 1: 'it\\'s a dog'}", ['person', "it's a dog"]],
  ['id2label', '{"1": "b", "0": "a"}', ['a', 'b']],
  ['Labels', 'cat,dog', ['cat', 'dog']],
  ['classes', '["cat", "dog"]', ['cat', 'dog']],
  ['names', 'one only', undefined],
  ['description', 'cat,dog', undefined],
])('reads %s: %s', (key, value, expected) => {
  expect(namesOf(key, value)).toEqual(expected);
});
