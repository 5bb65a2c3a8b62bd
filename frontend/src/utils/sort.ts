/** How a table is sorted; in the address `-cost` is by cost, descending. */
export interface Sort {
  column: string;
  descending: boolean;
}

export function readSortText(text: string | null, columns: readonly string[], usual: Sort): Sort {
  const column = (text ?? '').replace(/^-/, '');
  return columns.includes(column) ? { column, descending: (text ?? '').startsWith('-') } : usual;
}

/** Null is the usual one, which the address need not tell. */
export function writeSort(sort: Sort, usual: Sort): string | null {
  if (sort.column === usual.column && sort.descending === usual.descending) return null;
  return `${sort.descending ? '-' : ''}${sort.column}`;
}

/** A click on a column: numbers largest first, names from the start; a second click turns it round. */
export function nextSort(sort: Sort, column: string, numeric: boolean): Sort {
  return sort.column === column ? { column, descending: !sort.descending } : { column, descending: numeric };
}

export function directionOf(sort: Sort, column: string): 'ascending' | 'descending' | null {
  if (sort.column !== column) return null;
  return sort.descending ? 'descending' : 'ascending';
}

/** "Not measured" stands last in either direction. */
export function compareValues(
  left: number | string | null,
  right: number | string | null,
  descending: boolean,
): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  const order =
    typeof left === 'number' && typeof right === 'number'
      ? left - right
      : String(left).localeCompare(String(right));
  return descending ? -order : order;
}
