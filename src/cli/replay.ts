import { Command } from 'commander';
import { formatSize } from '../base/format-size.ts';
import { Fault } from '../base/fault.ts';
import { rebuildModel } from '../engine/rebuild.ts';
import { checkRecipe, readRecipe, type Recipe } from '../history/recipe.ts';
import { readShareHash } from '../history/share-link.ts';
import { checkOutputFile, writeOutput } from './output-files.ts';
import { modelFiles, textFile } from './source-files.ts';

export function replayCommand(): Command {
  return new Command('replay')
    .description('makes the byte-identical int8 model of a tuning again')
    .argument('<link-or-recipe>', 'a share link, or the recipe.json of a tuning')
    .argument('<model>', 'the float ONNX model that was tuned')
    .requiredOption('--output <file>', 'the int8 model')
    .action(runReplay);
}

async function runReplay(source: string, model: string, { output }: { output: string }): Promise<void> {
  await checkOutputFile(output);
  const recipe = await recipeFrom(source);
  const bytes = await rebuildModel(recipe, await modelFiles(model));
  await writeOutput(output, bytes);
  console.log(`${output}: ${formatSize(bytes.length)}, sha256 ${recipe.int8Sha256}`);
}

/** A share link is any URL or bare hash with `#share=`; everything else is the path of a recipe. */
async function recipeFrom(source: string): Promise<Recipe> {
  const at = source.indexOf('#share=');
  if (at === -1 && !/^https?:\/\//i.test(source)) return readRecipe(await textFile(source), source);
  if (at === -1) {
    throw new Fault('link-unreadable', {
      message: 'The link shares no result',
      found: source,
      accepted: 'a link with #share=…, in quotes',
      next: 'Copy the whole link again, and put it in quotes.',
    });
  }
  const { recipe } = await readShareHash(source.slice(at));
  if (recipe) return checkRecipe(recipe);
  throw new Fault('link-unreadable', {
    message: 'The link tells of a result but does not hold its recipe, which was too large for a link',
    next: 'Ask whoever shared it for the recipe file (recipe.json), and give that instead of the link.',
  });
}
