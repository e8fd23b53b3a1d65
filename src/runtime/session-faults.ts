import { Fault } from '../base/fault.ts';

const UNKNOWN_OPERATOR = /(?:is not a registered function\/op|No Op registered for|Fatal error: )(?:\s*)([\w.:]*)/;

/** Why ONNX Runtime made no session: `model-unknown-operator`, `out-of-memory` or `model-rejected-by-runtime`. */
export function creationFault(cause: unknown): Fault {
  const found = text(cause);
  const operator = UNKNOWN_OPERATOR.exec(found);
  if (operator) {
    return new Fault(
      'model-unknown-operator',
      {
        message: 'The model uses an operator that ONNX Runtime does not know',
        found,
        next: 'Export the model with standard operators, or replace this one.',
      },
      { cause },
    );
  }
  const memory = /out of memory|bad_alloc|memory access out of bounds|Aborted|allocation failed/i.test(found);
  return new Fault(
    memory ? 'out-of-memory' : 'model-rejected-by-runtime',
    {
      message: memory ? 'There is not enough memory to load the model' : 'ONNX Runtime does not accept the model',
      found,
      next: memory ? 'Close other tabs and programs, or use a smaller model.' : 'Check the model with onnx.checker.',
    },
    { cause },
  );
}

/** Why a run failed: `model-rejected-by-runtime`. */
export function runFault(cause: unknown): Fault {
  return new Fault(
    'model-rejected-by-runtime',
    {
      message: 'ONNX Runtime could not run the model',
      found: text(cause),
      next: 'Check that the data fit the model’s inputs.',
    },
    { cause },
  );
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
