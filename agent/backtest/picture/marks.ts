/** Small pieces of SVG. Coordinates are rounded to half a pixel: finer is not seen and costs bytes. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Text from outside, for an element or an attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/\p{Cc}/gu, ' ');
}

export const half = (value: number): number => Math.round(value * 2) / 2;

/** Points that fall on the same half pixel are one. */
export function distinct(points: readonly Point[]): readonly Point[] {
  const seen = new Map<string, Point>();
  for (const point of points) {
    const [x, y] = [half(point.x), half(point.y)];
    seen.set(`${x},${y}`, { x, y });
  }
  return [...seen.values()];
}

/** Shapes tell kinds apart without colour. */
export type Shape = 'triangle' | 'ring' | 'cross';

const shapes: Readonly<Record<Shape, (point: Point) => string>> = {
  triangle: ({ x, y }) => `M${x - 3} ${y + 2.5}l3-5.5l3 5.5z`,
  ring: ({ x, y }) => `M${x - 3.5} ${y}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z`,
  cross: ({ x, y }) => `M${x - 2.5} ${y - 2.5}l5 5m-5 0l5-5`,
};

/** One path for all marks of a kind; '' without any. */
export function marks(shape: Shape, points: readonly Point[], className: string): string {
  const path = distinct(points).map(shapes[shape]).join('');
  return path === '' ? '' : `<path class="${className}" d="${path}"/>`;
}

export function text(point: Point, words: string, more = ''): string {
  return `<text x="${half(point.x)}" y="${half(point.y)}"${more}>${escaped(words)}</text>`;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function rect({ x, y, width, height }: Box, className: string): string {
  const size = `width="${half(width)}" height="${half(height)}"`;
  return `<rect class="${className}" x="${half(x)}" y="${half(y)}" ${size}/>`;
}
