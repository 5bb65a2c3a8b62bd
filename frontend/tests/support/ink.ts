import type { Ink } from '../../src/charts/draw/drawMarks';

/** A canvas context that writes down what is drawn: `['lineTo', 3, 4]`, with the state that gave it its look. */
export interface RecordedInk extends Ink {
  calls: { name: string; numbers: number[]; alpha: number; stroke: unknown; fill: unknown }[];
}

const METHODS = [
  'save',
  'restore',
  'beginPath',
  'closePath',
  'moveTo',
  'lineTo',
  'arc',
  'rect',
  'clip',
  'stroke',
  'fill',
  'fillRect',
  'clearRect',
  'setTransform',
  'setLineDash',
] as const;

export function recordInk(): RecordedInk {
  const ink = {
    calls: [],
    strokeStyle: '',
    fillStyle: '',
    lineWidth: 1,
    globalAlpha: 1,
    lineJoin: 'miter',
  } as unknown as RecordedInk;
  for (const name of METHODS) {
    (ink as unknown as Record<string, unknown>)[name] = (...numbers: number[]) => {
      ink.calls.push({ name, numbers, alpha: ink.globalAlpha, stroke: ink.strokeStyle, fill: ink.fillStyle });
    };
  }
  return ink;
}

export function callsOf(ink: RecordedInk, name: string) {
  return ink.calls.filter((call) => call.name === name);
}
