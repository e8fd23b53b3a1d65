export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface PlacedBox extends Size {
  /** Of the upper left corner, pixels. */
  readonly x: number;
  readonly y: number;
}

export interface Layout extends Size {
  readonly boxes: readonly PlacedBox[];
  /** SVG paths, one per edge. */
  readonly paths: readonly string[];
}
