import { afterEach, describe, expect, it, vi } from 'vitest';
import { paintStack, saveStack, type PictureInk } from '../../src/charts/picture';

/** Writes down what is painted, where, and in which colour. */
function recordPicture() {
  const painted: string[] = [];
  const ink = {
    fillStyle: '',
    strokeStyle: '',
    lineWidth: 1,
    globalAlpha: 1,
    font: '',
    textBaseline: 'alphabetic',
    fillRect: (x: number, y: number, width: number) =>
      painted.push(`rect ${x} ${y} ${width} ${ink.fillStyle}${ink.globalAlpha < 1 ? ' pale' : ''}`),
    fillText: (text: string, x: number, y: number) => painted.push(`text ${text} ${x} ${y} ${ink.fillStyle}`),
    drawImage: (_: unknown, x: number, y: number) => painted.push(`canvas ${x} ${y}`),
    beginPath: () => undefined,
    moveTo: () => undefined,
    lineTo: (x: number, y: number) => painted.push(`line ${x} ${y} ${ink.strokeStyle}`),
    stroke: () => undefined,
    setLineDash: () => undefined,
  };
  return { painted, ink: ink as unknown as PictureInk };
}

function stackOf(html: string): Element {
  document.body.innerHTML = `<div data-chart-stack="">${html}</div>`;
  const stack = document.body.firstElementChild;
  if (!stack) throw new Error('no stack');
  return stack;
}

const place = (left: number, top: number, width: number, height: number) =>
  new DOMRect(left, top, width, height);

function placed(places: Record<string, DOMRect>): void {
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (this: HTMLElement) {
    return places[this.id] ?? place(100, 50, 200, 100);
  });
  SVGElement.prototype.getBoundingClientRect = function (this: SVGElement) {
    return places[this.id] ?? place(0, 0, 0, 0);
  };
  Range.prototype.getBoundingClientRect = () => place(110, 60, 30, 20);
}

describe('a picture of charts', () => {
  afterEach(() => {
    document.body.innerHTML = '';
    vi.unstubAllGlobals();
  });

  it('has the texts, lines, boxes and canvases where they are on screen', () => {
    const stack = stackOf(
      `<figure style="background-color: white; border-bottom: 1px solid gray"><b style="color: red">CPU</b>
       <svg><line id="grid" style="stroke: blue"></line><text id="tick" style="fill: green">50%</text></svg>
       <canvas id="plot"></canvas></figure><i style="opacity: 0.2; border-top: 1px dashed gray"></i><div role="slider" style="background-color: black"></div>`,
    );
    placed({ grid: place(110, 80, 50, 0), tick: place(100, 70, 10, 20), plot: place(120, 60, 40, 40) });
    const { painted, ink } = recordPicture();
    paintStack(ink, stack);
    expect(painted).toEqual([
      'rect 16 16 200 rgb(255, 255, 255)',
      'rect 16 115 200 rgb(128, 128, 128)',
      'text CPU 26 36 rgb(255, 0, 0)',
      'line 76 46 rgb(0, 0, 255)',
      'text 50% 16 46 rgb(0, 128, 0)',
      'canvas 36 26',
      'rect 16 16 200 rgb(128, 128, 128) pale',
    ]);
  });

  it('puts the axis that sticks to the screen at its end', () => {
    const stack = stackOf('<div id="axis" data-time-axis=""><i>12:00</i></div>');
    placed({ axis: place(100, 76, 200, 24) });
    const { painted, ink } = recordPicture();
    paintStack(ink, stack);
    expect(painted).toEqual(['text 12:00 26 86 rgb(0, 0, 0)']);
  });

  it('is saved as a file, and a browser that cannot says so', async () => {
    const stack = stackOf('');
    placed({});
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue(undefined);
    URL.createObjectURL = () => 'blob:1';
    URL.revokeObjectURL = () => undefined;
    HTMLCanvasElement.prototype.toBlob = (done) => done(new Blob(['x']));
    await saveStack(stack, 'a.png');
    expect(click).toHaveBeenCalledOnce();
    HTMLCanvasElement.prototype.toBlob = (done) => done(null);
    await expect(saveStack(stack, 'a.png')).rejects.toThrow('too large');
  });
});
