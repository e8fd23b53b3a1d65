import { Fault } from '../../base/fault.ts';
import type { SourceFile } from '../../base/source-file.ts';
import type { Tuner } from '../../bridge/tuner.ts';
import type { Recipe } from '../../history/recipe.ts';
import type { SharedResult } from '../../history/shared-result.ts';
import { sharedResultOf, type Result } from '../result.ts';
import type { Announcer } from './announcer.svelte.ts';

/** A result that came by link or recipe, and the int8 model once it has been made again from the dropped float model. */
export class ReplayState {
  readonly result: Result | null;
  readonly #tuner: Tuner;
  readonly #announcer: Announcer;
  #recipe = $state.raw<Recipe | null>(null);
  #files = $state.raw<readonly SourceFile[]>([]);
  #busy = $state(false);
  #model = $state.raw<Uint8Array | null>(null);
  #run = 0;

  constructor(source: { shared: SharedResult } | { recipe: Recipe }, tuner: Tuner, announcer: Announcer) {
    this.result = 'shared' in source ? sharedResultOf(source.shared) : null;
    this.#recipe = 'shared' in source ? source.shared.recipe : source.recipe;
    this.#tuner = tuner;
    this.#announcer = announcer;
  }

  get recipe(): Recipe | null {
    return this.#recipe;
  }
  get busy(): boolean {
    return this.#busy;
  }
  get model(): Uint8Array | null {
    return this.#model;
  }
  /** Of the float model that is asked for. */
  get modelName(): string {
    return this.#recipe?.model.name ?? this.result?.record.header.model.name ?? 'model.onnx';
  }

  /** Takes a recipe in place of the one there was. Throws `model-mismatch` where it is for another model than the shared result. */
  takeRecipe(recipe: Recipe): void {
    this.#recipe = this.#checked(recipe);
    this.#model = null;
  }

  /** Takes a model, and rebuilds where there is one and a recipe. Throws `model-mismatch` and faults of the model. */
  async take(model: readonly SourceFile[]): Promise<void> {
    const run = ++this.#run;
    if (model.length > 0) this.#files = model;
    if (this.#files.length === 0) return;
    if (!this.#recipe) throw recipeMissing();
    await this.#rebuild(this.#recipe, run);
  }

  async #rebuild(recipe: Recipe, run: number): Promise<void> {
    this.#busy = true;
    this.#model = null;
    this.#announcer.say('Building the int8 model');
    try {
      const model = await this.#tuner.rebuild(recipe, this.#files);
      if (run !== this.#run) return;
      this.#model = model;
      this.#announcer.say('The int8 model is ready: byte for byte the one that was shared.');
    } finally {
      if (run === this.#run) this.#busy = false;
    }
  }

  /** A recipe for another model than the shared one is a mistake. */
  #checked(recipe: Recipe): Recipe {
    const expected = this.result?.record.header.model;
    if (!expected || expected.sha256 === recipe.model.sha256) return recipe;
    throw new Fault('model-mismatch', {
      message: 'This recipe belongs to another model than the shared result',
      found: recipe.model.name,
      accepted: `a recipe for ${expected.name}`,
      next: 'Ask for the recipe file that goes with the link.',
    });
  }
}

function recipeMissing(): Fault {
  return new Fault('link-unreadable', {
    message: 'The link does not carry the recipe, which was too large for it',
    next: 'Ask for the recipe file and drop it here, too.',
  });
}
