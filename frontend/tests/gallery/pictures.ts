// Pictures of charts, compared and kept. They have few colours, so a file is small when shades that nobody tells apart are one.
import { crc32, deflateSync } from 'node:zlib';
import type { Page } from 'playwright-core';

export interface Picture {
  width: number;
  height: number;
  /** Four bytes a pixel. */
  pixels: Uint8Array;
}

/** Of each channel 16 shades are kept, this far from each other. */
const SHADE_STEP = 17;
/** A pixel differs where a channel is this far from the other picture's: edges of letters are not the same everywhere. */
const CHANNEL_TOLERANCE = 34;
const MOST_COLOURS = 256;

/** What the browser makes of a PNG, in few shades. */
export async function readPicture(page: Page, png: Uint8Array): Promise<Picture> {
  const { width, height, text } = await page.evaluate(async (source) => {
    const answer = await fetch(`data:image/png;base64,${source}`);
    const image = await createImageBitmap(await answer.blob());
    const ink = new OffscreenCanvas(image.width, image.height).getContext('2d');
    if (!ink) throw new Error('this browser draws no pictures');
    ink.drawImage(image, 0, 0);
    const { data } = ink.getImageData(0, 0, image.width, image.height);
    const pieces: string[] = [];
    for (let at = 0; at < data.length; at += 8192) {
      pieces.push(String.fromCharCode(...data.subarray(at, at + 8192)));
    }
    return { width: image.width, height: image.height, text: btoa(pieces.join('')) };
  }, Buffer.from(png).toString('base64'));
  const pixels = Uint8Array.from(
    Buffer.from(text, 'base64'),
    (value) => Math.round(value / SHADE_STEP) * SHADE_STEP,
  );
  return { width, height, pixels };
}

/** The share of pixels that differ; 1 where the sizes do. */
export function difference(one: Picture, other: Picture): number {
  if (one.width !== other.width || one.height !== other.height) return 1;
  let differing = 0;
  for (let at = 0; at < one.pixels.length; at += 4) {
    const differs = [0, 1, 2, 3].some(
      (channel) =>
        Math.abs((one.pixels[at + channel] ?? 0) - (other.pixels[at + channel] ?? 0)) > CHANNEL_TOLERANCE,
    );
    if (differs) differing += 1;
  }
  return differing / (one.width * one.height);
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG with a palette. */
export function encodePicture({ width, height, pixels }: Picture): Buffer {
  const colours = new Map<number, number>();
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = 4 * (y * width + x);
      const colour = ((pixels[at] ?? 0) << 16) | ((pixels[at + 1] ?? 0) << 8) | (pixels[at + 2] ?? 0);
      const index = colours.get(colour) ?? colours.size;
      colours.set(colour, index);
      rows[y * (width + 1) + 1 + x] = index;
    }
  }
  if (colours.size > MOST_COLOURS) throw new Error(`${colours.size} colours are too many for a palette`);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // Eight bits a pixel, by palette.
  head.set([8, 3, 0, 0, 0], 8);
  const palette = Buffer.from(
    [...colours.keys()].flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]),
  );
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
