import { DiskShelves } from '../../history/disk-shelves.ts';
import { MemoryShelves } from '../../history/memory-shelves.ts';
import { SessionDatabase } from '../../history/session-database.ts';
import { SpareShelves } from '../../history/spare-shelves.ts';

/** Where sessions of the page are kept: on disk, and in this tab where the browser refuses. */
export class Keeping {
  /** Reached by the tuner worker, too. */
  readonly memory = new MemoryShelves(() => void this.#look());
  readonly database: SessionDatabase;
  #isRefused = $state(false);
  #inMemory = $state.raw<readonly string[]>([]);

  constructor() {
    const disk = DiskShelves.open();
    this.database = new SessionDatabase(new SpareShelves(disk, () => this.memory));
    disk.catch(() => (this.#isRefused = true));
  }

  /** Whether the browser lets the page keep nothing at all. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Sessions of which at least a part is gone when the tab closes. */
  get inMemory(): readonly string[] {
    return this.#inMemory;
  }

  async #look(): Promise<void> {
    this.#inMemory = await this.memory.held();
  }
}
