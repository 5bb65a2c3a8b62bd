// The charts' decisions, scene by scene, against golden/. SENTINEL_UPDATE=1 writes them anew.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setZone } from '../../src/utils/zone';
import { goldenText } from '../gallery/golden';
import { FAULTS, SCENES } from '../gallery/scenes';

const GALLERY = join(import.meta.dirname, '..', 'gallery');
const goldenFile = (name: string): string => join(GALLERY, 'golden', `${name}.json`);
const names = SCENES.map((scene) => scene.name);

beforeAll(() => setZone('utc'));
afterAll(() => setZone('local'));

describe('the gallery', () => {
  it.each(SCENES)('$name is prepared as before: $about', (scene) => {
    if (process.env.SENTINEL_UPDATE) writeFileSync(goldenFile(scene.name), goldenText(scene));
    expect(goldenText(scene)).toBe(readFileSync(goldenFile(scene.name), 'utf8'));
  });

  it.each(SCENES.filter((scene) => !('sparklines' in scene)))(
    'finds an axis that is flipped in $name',
    (scene) => {
      const flipped = FAULTS['flipped-axis']?.(scene) ?? scene;
      expect(goldenText(flipped)).not.toBe(readFileSync(goldenFile(scene.name), 'utf8'));
    },
  );

  it('has a golden file and two pictures of each scene, and no others', () => {
    expect(new Set(names).size).toBe(names.length);
    const files = (folder: string): string[] => readdirSync(join(GALLERY, folder)).sort();
    expect(files('golden')).toEqual(names.map((name) => `${name}.json`).sort());
    expect(files('pictures')).toEqual(
      names.flatMap((name) => [`${name}-dark.png`, `${name}-light.png`]).sort(),
    );
  });

  it('keeps its pictures small', () => {
    const folder = join(GALLERY, 'pictures');
    const sizes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(500_000);
  });
});
