import { COMPOSE_HARD_SIGMOID } from './compose-hard-sigmoid.ts';
import { FOLD_AFFINE } from './fold-affine.ts';
import { FOLD_CONSTANTS } from './fold-constants.ts';
import { FOLD_GEMM_FACTORS } from './fold-gemm-factors.ts';
import { FOLD_INPUT_AFFINE } from './fold-input-affine.ts';
import { FOLD_PAD } from './fold-pad.ts';
import { LIFT_CONSTANTS } from './lift-constants.ts';
import { MERGE_CLIPS } from './merge-clips.ts';
import { NAME_NODES } from './name-nodes.ts';
import type { Pass } from './pass.ts';
import { REMOVE_DROPOUT } from './remove-dropout.ts';
import { REMOVE_IDENTITY } from './remove-identity.ts';
import { UNLIST_INITIALIZERS } from './unlist-initializers.ts';
import { UPGRADE_OPSET } from './upgrade-opset.ts';
import { WIDEN_FLOAT16 } from './widen-float16.ts';

/** The clean-up, in order: names as in the file first, then one operator set and type, then what that leaves to simplify. */
export const PASSES: readonly Pass[] = [
  NAME_NODES,
  LIFT_CONSTANTS,
  UNLIST_INITIALIZERS,
  WIDEN_FLOAT16,
  UPGRADE_OPSET,
  REMOVE_IDENTITY,
  REMOVE_DROPOUT,
  FOLD_CONSTANTS,
  FOLD_GEMM_FACTORS,
  FOLD_AFFINE,
  MERGE_CLIPS,
  COMPOSE_HARD_SIGMOID,
  FOLD_PAD,
  FOLD_INPUT_AFFINE,
];
