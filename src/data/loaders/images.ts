import { Fault } from '../../base/fault.ts';
import { baseName, withoutCommonFolder, type ByteSource } from '../byte-source.ts';
import { classTensor, numberNames, type NumberedClasses } from '../class-names.ts';
import { memoryColumn, type ArrayColumn, type ImageColumn } from '../column.ts';
import { decodeImage } from '../decode-image.ts';
import { numberLabels, readLabelTable, type LabelLists, type LabelTable } from '../label-table.ts';
import type { RecognisedFile } from '../recognised-files.ts';
import { leftAside, type Loader } from './loader.ts';

interface Picture {
  readonly source: ByteSource;
  /** Without the folders that all pictures share. */
  readonly path: string;
}

interface LabelledPictures {
  readonly pictures: readonly Picture[];
  readonly labels?: ArrayColumn;
  readonly classNames?: readonly string[];
  readonly assumesOrder?: boolean;
  readonly warnings: readonly string[];
}

const isPicture = ({ format }: RecognisedFile): boolean => format === 'png' || format === 'jpeg';
const isCharacters = ({ source }: RecognisedFile): boolean => baseName(source.path).toLowerCase() === 'characters.txt';

async function readCharacters(file: RecognisedFile | undefined): Promise<string[] | undefined> {
  if (!file) return undefined;
  const lines = new TextDecoder().decode(await file.source.read()).split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** One folder for each class: numbered by the list of classes, else by their sorted names. */
function labelsFromFolders(pictures: readonly Picture[], list?: readonly string[]): LabelledPictures {
  const folders = pictures.map(({ path }) => path.split('/').slice(0, -1));
  if (folders.every((folder) => folder.length === 0)) return { pictures, warnings: [] };
  if (folders.some((folder) => folder.length !== 1)) {
    const warning =
      'The folders do not name classes: every picture must lie in a class folder, and these side by side.';
    return { pictures, warnings: [warning] };
  }
  const classes = numberNames(
    folders.map(([name = '']) => name),
    list,
  );
  return {
    pictures,
    labels: memoryColumn('labels', pictures[0]?.source.file ?? '', classTensor(classes.numbers)),
    classNames: classes.names,
    assumesOrder: !classes.isListed,
    warnings: folderWarnings(classes, list),
  };
}

function folderWarnings({ names, isListed }: NumberedClasses, list?: readonly string[]): string[] {
  if (isListed) return [];
  const shown = names.slice(0, 4).map((name, i) => `${name} is class ${i}`);
  const isNumeric = names.every((name) => /^\d+$/.test(name)) && names.some((name, i) => Number(name) !== i);
  if (isNumeric) return [`Class folders are counted in sorted order, not by their number: ${shown.join(', ')}.`];
  if (!list) return [];
  const unknown = names.find((name) => !list.includes(name));
  return [
    `The list of classes does not know the folder ${unknown}: folders are counted in sorted order (${shown.join(', ')}).`,
  ];
}

/** Pictures and labels in the order of the table; what only one of the two knows is left aside with a warning. */
function labelsFromTable(all: readonly Picture[], table: LabelTable, lists: LabelLists): LabelledPictures {
  const byPath = new Map<string, Picture>();
  for (const picture of all) byPath.set(baseName(picture.path), picture);
  for (const picture of all) byPath.set(picture.source.path, picture).set(picture.path, picture);
  const pictures: Picture[] = [];
  const texts: string[] = [];
  for (const { file, label } of table.rows) {
    const picture = byPath.get(file) ?? byPath.get(baseName(file));
    if (!picture) continue;
    pictures.push(picture);
    texts.push(label);
  }
  const place = { file: table.source.file, place: table.source.path };
  if (pictures.length === 0) {
    throw new Fault('data-labels-missing', {
      message: 'No picture is named in the table of labels.',
      ...place,
      found: table.rows[0]?.file ?? 'no rows',
      accepted: all[0]?.path ?? '',
      next: 'Write the file names of the pictures into the column file.',
    });
  }
  const { tensor, warnings, ...numbered } = numberLabels(texts, table, lists);
  const missing = table.rows.length - pictures.length;
  const unnamed = all.length - new Set(pictures).size;
  const name = baseName(table.source.path);
  return {
    pictures,
    labels: memoryColumn('labels', table.source.file, tensor),
    ...numbered,
    warnings: [
      ...warnings,
      ...(missing > 0 ? [`${missing} rows of ${name} name pictures that are not there.`] : []),
      ...(unnamed > 0 ? [`${unnamed} pictures are not in ${name}; they are not used.`] : []),
    ],
  };
}

function pictureColumn(pictures: readonly Picture[]): ImageColumn {
  const at = (index: number): Picture => {
    const picture = pictures[index];
    if (!picture) throw new RangeError(`sample ${index} of ${pictures.length}`);
    return picture;
  };
  return {
    kind: 'image',
    name: 'images',
    file: pictures[0]?.source.file ?? '',
    count: pictures.length,
    place: (index) => `sample ${index} (${at(index).source.path})`,
    read: (index) => decodeImage(at(index).source),
  };
}

async function findTable(files: readonly RecognisedFile[]): Promise<LabelTable | undefined> {
  for (const { source, format } of files) {
    const table = format === 'csv' || format === 'text' ? await readLabelTable(source) : undefined;
    if (table) return table;
  }
  return undefined;
}

/** PNG and JPEG pictures: class folders, or one folder with a table of labels. */
export const images: Loader = {
  name: 'images',
  help: 'PNG or JPEG pictures in one folder for each class, or with labels.csv (columns file, label); folders or zips',
  accepts: (files) => files.some(isPicture),
  async load(files, { needsLabels, classNames: listed }) {
    const sources = files.filter(isPicture).map(({ source }) => source);
    const paths = withoutCommonFolder(sources.map(({ path }) => path));
    const all = sources.map((source, i) => ({ source, path: paths[i] ?? '' }));
    const characters = files.find(isCharacters);
    const table = await findTable(files.filter((file) => file !== characters));
    const rest = files.filter((file) => !isPicture(file) && file !== characters && file.source !== table?.source);
    const letters = await readCharacters(characters);
    let labelled: LabelledPictures;
    try {
      const lists = { ...(letters && { characters: letters }), ...(listed && { classNames: listed }) };
      labelled = table ? labelsFromTable(all, table, lists) : labelsFromFolders(all, listed);
    } catch (thrown) {
      if (needsLabels || !(thrown instanceof Fault)) throw thrown;
      labelled = { pictures: all, warnings: [`Labels are not used: ${thrown.message}`] };
    }
    const { pictures, warnings, ...labels } = labelled;
    return {
      columns: [pictureColumn(pictures)],
      ...labels,
      warnings: [...warnings, ...leftAside(rest)],
    };
  },
};
