import { DiskShelves, type DiskLoss } from '../../history/disk-shelves.ts';
import { MemoryShelves } from '../../history/memory-shelves.ts';
import { SessionDatabase } from '../../history/session-database.ts';
import { SpareShelves } from '../../history/spare-shelves.ts';

/** Why the browser keeps nothing more: it refused from the start, or the database was lost on the way. */
export type Unkept = 'refused' | DiskLoss;

/** Where sessions of the page are kept: on disk, and in this tab where the browser refuses. */
export class Keeping {
  /** Reached by the tuner worker, too. */
  readonly memory = new MemoryShelves(() => void this.#look());
  readonly database: SessionDatabase;
  #unkept = $state<Unkept | null>(null);
  #inMemory = $state.raw<readonly string[]>([]);

  /** `onLoss`: called when sessions that were on disk are out of reach. */
  constructor(onLoss: () => void) {
    const disk = DiskShelves.open();
    this.database = new SessionDatabase(new SpareShelves(disk, () => this.memory));
    disk.then(
      ({ loss }) =>
        loss.then((how) => {
          this.#unkept = how;
          onLoss();
        }),
      () => (this.#unkept = 'refused'),
    );
  }

  /** Null where the browser keeps what it has room for. */
  get unkept(): Unkept | null {
    return this.#unkept;
  }

  /** Sessions of which at least a part is gone when the tab closes. */
  get inMemory(): readonly string[] {
    return this.#inMemory;
  }

  async #look(): Promise<void> {
    this.#inMemory = await this.memory.held();
  }
}
