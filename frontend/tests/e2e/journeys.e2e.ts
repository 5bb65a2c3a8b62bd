// What the four people whom Sentinel is for come with and leave with, each from the sign-in to the result, against a running
// `sentinel demo` of at least ten days: with a mouse, by keys alone, and touched on a tablet either way up.
//   DEMO_URL=http://127.0.0.1:8000 DEMO_DATA=… SENTINEL_BIN=build/release/bin node --experimental-strip-types tests/e2e/journeys.e2e.ts [journey]
import type { Browser } from 'playwright-core';
import { check, collectComplaints, launch } from './support.ts';
import { analyst } from './journeys/analyst.ts';
import { engineer } from './journeys/engineer.ts';
import { lead } from './journeys/lead.ts';
import { operator } from './journeys/operator.ts';
import { beginWay, WAYS, type Way, type WayOfWalking } from './journeys/ways.ts';

const JOURNEYS: Record<string, (way: Way) => Promise<void>> = { engineer, lead, analyst, operator };

/** Gives how it went wrong, or null. */
async function walk(browser: Browser, journey: string, how: WayOfWalking): Promise<string | null> {
  const startedMs = performance.now();
  console.log(`-- ${journey}, ${how.name}`);
  const way = await beginWay(browser, how);
  const complaints = collectComplaints(way.page);
  try {
    await JOURNEYS[journey]?.(way);
    check(complaints.length === 0, `the page complains of nothing ${complaints.join('\n  ')}`);
    return null;
  } catch (error) {
    return `${journey}, ${how.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  } finally {
    await way.page.context().close();
    console.log(`   ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  }
}

async function main(): Promise<void> {
  const [only = ''] = process.argv.slice(2);
  const browser = await launch();
  const failures: string[] = [];
  try {
    for (const journey of Object.keys(JOURNEYS).filter((name) => name.includes(only))) {
      for (const how of WAYS) {
        const failure = await walk(browser, journey, how);
        if (failure !== null) failures.push(failure);
      }
    }
  } finally {
    await browser.close();
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

await main();
