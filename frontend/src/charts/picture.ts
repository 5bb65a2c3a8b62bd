import { saveBlob } from '../utils/save';

/** What a picture is drawn with: a canvas context, of which tests bring a recording one. */
export type PictureInk = Pick<
  CanvasRenderingContext2D,
  | 'fillRect'
  | 'fillText'
  | 'drawImage'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'stroke'
  | 'setLineDash'
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'globalAlpha'
  | 'font'
  | 'textBaseline'
>;

interface Offset {
  x: number;
  y: number;
}

const PADDING_PX = 16;

interface TextLook {
  text: string;
  box: DOMRect;
  colour: string;
}

function paintText(ink: PictureInk, look: TextLook, style: CSSStyleDeclaration, at: Offset): void {
  ink.fillStyle = look.colour;
  ink.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  ink.textBaseline = 'middle';
  ink.fillText(look.text, look.box.left + at.x, look.box.top + look.box.height / 2 + at.y);
}

function paintLine(ink: PictureInk, box: DOMRect, style: CSSStyleDeclaration, at: Offset): void {
  ink.strokeStyle = style.stroke;
  ink.lineWidth = 1;
  ink.setLineDash(
    style.strokeDasharray === 'none' ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat),
  );
  ink.beginPath();
  ink.moveTo(box.left + at.x, box.top + at.y);
  ink.lineTo(box.right + at.x, box.bottom + at.y);
  ink.stroke();
  ink.setLineDash([]);
}

function paintBox(ink: PictureInk, box: DOMRect, style: CSSStyleDeclaration, at: Offset): void {
  ink.globalAlpha = style.opacity === '' ? 1 : parseFloat(style.opacity);
  if (!/^(transparent|rgba\(0, 0, 0, 0\)|)$/.test(style.backgroundColor)) {
    ink.fillStyle = style.backgroundColor;
    ink.fillRect(box.left + at.x, box.top + at.y, box.width, box.height);
  }
  if (parseFloat(style.borderBottomWidth) > 0) {
    ink.fillStyle = style.borderBottomColor;
    ink.fillRect(box.left + at.x, box.bottom + at.y - 1, box.width, 1);
  }
  if (parseFloat(style.borderTopWidth) > 0) {
    ink.fillStyle = style.borderTopColor;
    ink.fillRect(box.left + at.x, box.top + at.y, box.width, 1);
  }
  ink.globalAlpha = 1;
}

function paintElement(ink: PictureInk, element: Element, at: Offset): void {
  // The layer of the crosshair lies over all: it is for the pointer, not for a picture.
  if (element.matches('[role="slider"], [data-testid="crosshair"]')) return;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  if (element instanceof HTMLCanvasElement) {
    ink.drawImage(element, box.left + at.x, box.top + at.y, box.width, box.height);
    return;
  }
  if (element.tagName === 'line') paintLine(ink, box, style, at);
  else if (element.tagName === 'text')
    paintText(ink, { text: element.textContent, box, colour: style.fill }, style, at);
  else {
    if (element instanceof HTMLElement) paintBox(ink, box, style, at);
    for (const child of element.childNodes) {
      if (child instanceof Element) paintElement(ink, child, at);
      else if (child.nodeType === Node.TEXT_NODE && child.textContent?.trim()) {
        const range = document.createRange();
        range.selectNodeContents(child);
        const look = { text: child.textContent, box: range.getBoundingClientRect(), colour: style.color };
        paintText(ink, look, style, at);
      }
    }
  }
}

/** Draws what a stack of charts shows: its canvases, and around them the texts and lines of the page. */
export function paintStack(ink: PictureInk, stack: Element): void {
  const whole = stack.getBoundingClientRect();
  const at = { x: PADDING_PX - whole.left, y: PADDING_PX - whole.top };
  for (const child of stack.children) {
    // The time axis sticks to the screen; in a picture it stands at the end.
    const stuck = child.hasAttribute('data-time-axis');
    const y = stuck ? at.y + whole.bottom - child.getBoundingClientRect().bottom : at.y;
    paintElement(ink, child, { x: at.x, y });
  }
}

/** The charts as a PNG file, as sharp as the screen. */
export async function saveStack(stack: Element, name: string): Promise<void> {
  const { width, height } = stack.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round((width + 2 * PADDING_PX) * ratio);
  canvas.height = Math.round((height + 2 * PADDING_PX) * ratio);
  const ink = canvas.getContext('2d');
  if (!ink) throw new Error('this browser draws no pictures');
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.fillStyle = getComputedStyle(document.body).backgroundColor;
  ink.fillRect(0, 0, width + 2 * PADDING_PX, height + 2 * PADDING_PX);
  paintStack(ink, stack);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  if (!blob) throw new Error('the picture is too large');
  saveBlob(name, blob);
}
