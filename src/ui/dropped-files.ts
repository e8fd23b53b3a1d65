import type { SourceFile } from '../base/source-file.ts';

/** All files of a drop, folders walked. Must be called in the drop event itself: afterwards the items are gone. */
export async function droppedFiles(transfer: DataTransfer): Promise<SourceFile[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const found = items.map((item): Promise<SourceFile[]> => {
    const entry = item.webkitGetAsEntry();
    if (entry) return walk(entry, '');
    const file = item.getAsFile();
    return Promise.resolve(file ? [{ path: file.name, blob: file }] : []);
  });
  return (await Promise.all(found)).flat();
}

/** Files of a file input; those of a chosen folder keep their paths. */
export function chosenFiles(list: FileList | null): SourceFile[] {
  return [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
}

async function walk(entry: FileSystemEntry, folder: string): Promise<SourceFile[]> {
  const path = folder + entry.name;
  if (isFile(entry)) {
    const blob = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, blob }];
  }
  const children = await readAll((entry as FileSystemDirectoryEntry).createReader());
  return (await Promise.all(children.map((child) => walk(child, `${path}/`)))).flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

/** A reader hands out at most a hundred entries at a time. */
async function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}
