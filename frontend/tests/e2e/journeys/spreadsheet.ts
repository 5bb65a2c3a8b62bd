// Reads an xlsx as a spreadsheet program would: a zip, and the cells of its first sheet.
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;

/** The files of a zip, by their names. */
function unzip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== END_OF_DIRECTORY) throw new Error('this is no zip');
  const files = new Map<string, Buffer>();
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const size = zip.readUInt32LE(entry + 20);
    const nameLength = zip.readUInt16LE(entry + 28);
    const name = zip.toString('utf8', entry + 46, entry + 46 + nameLength);
    const local = zip.readUInt32LE(entry + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files.set(name, inflateRawSync(zip.subarray(start, start + size)));
    entry += 46 + nameLength + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  return files;
}

const CELL = /<c r="([A-Z]+)\d+"[^>]*?(?:\/>|>(.*?)<\/c>)/g;

function cellsOf(row: string): Map<string, string> {
  return new Map(
    [...row.matchAll(CELL)].map(([, column = '', inside = '']) => [column, inside.replace(/<[^>]*>/g, '')]),
  );
}

/** The rows of the first sheet: each a value by the name in the head of its column. */
export function readSpreadsheet(file: Buffer): Map<string, string>[] {
  const sheet = unzip(file).get('xl/worksheets/sheet1.xml')?.toString() ?? '';
  const [head, ...rows] = [...sheet.matchAll(/<row [^>]*>(.*?)<\/row>/g)].map(([, row = '']) => cellsOf(row));
  return rows.map((row) => new Map([...row].map(([column, value]) => [head?.get(column) ?? column, value])));
}
