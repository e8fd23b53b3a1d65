import { create } from '@bufbuild/protobuf';
import type { TensorType } from '../base/tensor.ts';
import { ValueInfoProtoSchema, type ValueInfoProto } from './proto/onnx_pb.ts';
import { dataTypeCode, tensorType } from './data-types.ts';

/** Sizes of a tensor as a model declares them; null: a symbol, or unknown. */
export type Dims = readonly (number | null)[];

/** What a ValueInfo declares; `undefined` where it says nothing or the value is no tensor. */
export interface DeclaredTensor {
  readonly type: TensorType | undefined;
  readonly dims: Dims | undefined;
}

export function declaredTensor(info: ValueInfoProto): DeclaredTensor {
  const value = info.type?.value;
  if (value?.case !== 'tensorType') return { type: undefined, dims: undefined };
  const dims = value.value.shape?.dim.map(({ value: dim }) =>
    dim.case === 'dimValue' && dim.value >= 0n ? Number(dim.value) : null,
  );
  return { type: tensorType(value.value.elemType), dims };
}

/** Declares a tensor; without `dims` its rank is left open. Strings are symbolic sizes, null an unknown one. */
export function valueInfo(name: string, type: TensorType, dims?: readonly (number | string | null)[]): ValueInfoProto {
  const shape = dims && {
    dim: dims.map((dim) => {
      if (dim === null) return {};
      const value =
        typeof dim === 'number'
          ? ({ case: 'dimValue', value: BigInt(dim) } as const)
          : ({ case: 'dimParam', value: dim } as const);
      return { value };
    }),
  };
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: dataTypeCode(type), ...(shape && { shape }) } } },
  });
}
