const MOST_CHARACTERS = 60;
/** Letters that are written from the right, and marks that turn the direction of what follows. */
const TURNS = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name within a sentence: cut where it is very long, and by itself where its direction would turn what stands after it. */
export function nameInText(name: string): string {
  const characters = Array.from(name);
  const short =
    characters.length > MOST_CHARACTERS ? `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…` : name;
  return TURNS.test(short) ? `\u2068${short}\u2069` : short;
}
