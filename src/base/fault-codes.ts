/** Every code a Fault can carry, with the command line's exit code it leads to: 2 bad input, 1 internal. */
export const FAULT_EXIT_CODES = {
  internal: 1,
  cancelled: 1,
  'worker-died': 1,
  'worker-start-failed': 1,
  'out-of-memory': 2,
  'model-empty': 2,
  'model-not-onnx': 2,
  'model-truncated': 2,
  'model-invalid': 2,
  'model-external-data-missing': 2,
  'model-external-data-invalid': 2,
  'model-already-quantized': 2,
  'model-nothing-to-quantize': 2,
  'model-tree': 2,
  'model-unknown-operator': 2,
  'model-weights-not-finite': 2,
  'model-too-large': 2,
  'model-opset-unsupported': 2,
  'model-rejected-by-runtime': 2,
  'model-mismatch': 2,
  'data-unreadable': 2,
  'data-format-unknown': 2,
  'data-pickled': 2,
  'data-truncated': 2,
  'data-empty': 2,
  'data-not-finite': 2,
  'data-input-mismatch': 2,
  'data-labels-missing': 2,
  'data-labels-count': 2,
  'data-labels-range': 2,
  'data-transform-invalid': 2,
  'activation-not-finite': 2,
  'config-not-yaml': 2,
  'config-not-a-map': 2,
  'config-tabs': 2,
  'config-alias-bomb': 2,
  'config-unknown-key': 2,
  'config-invalid-value': 2,
  'config-missing-key': 2,
  'config-contradiction': 2,
  'config-unknown-strategy': 2,
  'config-unsupported': 2,
  'config-matches-nothing': 2,
  'config-empty-space': 2,
  'journal-mismatch': 2,
  'journal-unreadable': 2,
  'link-unreadable': 2,
  'recipe-unreadable': 2,
  'file-unreadable': 2,
  'output-unwritable': 2,
  usage: 2,
} as const;

export type FaultCode = keyof typeof FAULT_EXIT_CODES;

/** Something the user should know that stops nothing. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly place?: string;
}
