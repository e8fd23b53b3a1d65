import { tick } from 'svelte';
import type { PlacedBox, Size } from './placed.ts';

/** Around the drawing, pixels. */
export const MARGIN = 12;
const ZOOM_STEP = 1.25;
const LEAST_ZOOM = 0.08;
const MOST_ZOOM = 2.5;
/** Boxes below this share of their size cannot be read: a wide drawing is scrolled instead. */
const READABLE_ZOOM = 0.45;
/** Pixels of the drawing around what is shown that are drawn already. */
const NEAR = 200;

/** The part of a drawing that a frame with scroll bars shows, and how large. */
export class Viewport {
  frame = $state<HTMLElement>();
  width = $state(800);
  height = $state(480);
  #left = $state(0);
  #top = $state(0);
  /** Null: as the width of the frame asks for. */
  #wanted = $state<number | null>(null);
  #drag = $state<{ readonly x: number; readonly y: number } | null>(null);
  readonly #drawing: () => Size;

  constructor(drawing: () => Size) {
    this.#drawing = drawing;
  }

  get zoom(): number {
    return clamp(this.#wanted ?? Math.max(READABLE_ZOOM, this.#fitted));
  }

  /** Of the drawing in the frame: at least the frame's, so that what is smaller stands in the middle. */
  get size(): Size {
    const { width, height } = this.#drawing();
    return {
      width: Math.max(this.width, width * this.zoom + 2 * MARGIN),
      height: Math.max(this.height, height * this.zoom + 2 * MARGIN),
    };
  }

  get transform(): string {
    const { width, height } = this.#drawing();
    const left = Math.max(MARGIN, (this.width - width * this.zoom) / 2);
    const top = Math.max(MARGIN, (this.height - height * this.zoom) / 2);
    return `translate(${left} ${top}) scale(${this.zoom})`;
  }

  /** Of a frame that shows all of the drawing as it is at first, pixels. */
  get wholeHeight(): number {
    return this.#drawing().height * Math.max(READABLE_ZOOM, this.#fitted) + 2 * MARGIN;
  }

  get isDragged(): boolean {
    return this.#drag !== null;
  }

  /** Whether a box is shown, or nearly. */
  shows({ x, y, width, height }: PlacedBox): boolean {
    const left = (this.#left - MARGIN) / this.zoom - NEAR;
    const right = left + this.width / this.zoom + 2 * NEAR;
    return x < right && x + width > left && this.showsRows(y, y + height);
  }

  /** Whether something between two heights of the drawing is shown, or nearly. */
  showsRows(from: number, to: number): boolean {
    const top = (this.#top - MARGIN) / this.zoom - NEAR;
    return from < top + this.height / this.zoom + 2 * NEAR && to > top;
  }

  /** Brings the middle of a box into the middle of the frame. */
  centre({ x, y, width, height }: PlacedBox): void {
    if (!this.frame) return;
    this.frame.scrollLeft = (x + width / 2) * this.zoom + MARGIN - this.width / 2;
    this.frame.scrollTop = (y + height / 2) * this.zoom + MARGIN - this.height / 2;
  }

  fit(): void {
    this.#wanted = Math.min(this.#fitted, (this.height - 2 * MARGIN) / this.#drawing().height);
  }

  /** In steps, inwards where positive. */
  zoomBy(steps: number): void {
    void this.#zoomTo(this.zoom * ZOOM_STEP ** steps);
  }

  readonly scrolled = (): void => {
    this.#left = this.frame?.scrollLeft ?? 0;
    this.#top = this.frame?.scrollTop ?? 0;
  };

  readonly keyPressed = (event: KeyboardEvent): void => {
    if (event.key === '+' || event.key === '=') this.zoomBy(1);
    else if (event.key === '-') this.zoomBy(-1);
    else if (event.key === '0') this.fit();
    else return;
    event.preventDefault();
  };

  readonly grabbed = ({ pointerType, button, clientX, clientY }: PointerEvent): void => {
    if (pointerType === 'mouse' && button === 0) this.#drag = { x: clientX, y: clientY };
  };

  readonly dragged = ({ clientX, clientY }: PointerEvent): void => {
    if (!this.#drag || !this.frame) return;
    this.frame.scrollLeft -= clientX - this.#drag.x;
    this.frame.scrollTop -= clientY - this.#drag.y;
    this.#drag = { x: clientX, y: clientY };
  };

  readonly released = (): void => {
    this.#drag = null;
  };

  /** Wheel listeners of a template are passive: the page would zoom as well. */
  readonly zoomsByWheel = (node: HTMLElement): (() => void) => {
    node.addEventListener('wheel', this.#wheel, { passive: false });
    return () => node.removeEventListener('wheel', this.#wheel);
  };

  readonly #wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    void this.#zoomTo(this.zoom * Math.exp(-event.deltaY / 300));
  };

  /** At which the whole width is shown, at most 1. */
  get #fitted(): number {
    return Math.min(1, (this.width - 2 * MARGIN) / this.#drawing().width);
  }

  /** Keeps the middle of the frame where it is. */
  async #zoomTo(next: number): Promise<void> {
    if (!this.frame) return;
    const before = this.zoom;
    const x = this.frame.scrollLeft + this.width / 2 - MARGIN;
    const y = this.frame.scrollTop + this.height / 2 - MARGIN;
    this.#wanted = clamp(next);
    await tick();
    this.frame.scrollLeft = (x * this.zoom) / before - this.width / 2 + MARGIN;
    this.frame.scrollTop = (y * this.zoom) / before - this.height / 2 + MARGIN;
  }
}

function clamp(zoom: number): number {
  return Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom));
}
