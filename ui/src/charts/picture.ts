/** A picture of a few shapes, written as SVG or drawn on a canvas, alike in both. */

export type Shape =
  | { kind: "rect"; x: number; y: number; width: number; height: number; fill: string }
  | { kind: "path"; points: Stroke[]; stroke: string; width: number; dash: number[] }
  | { kind: "area"; points: Stroke; fill: string }
  | { kind: "dot"; x: number; y: number; radius: number; fill: string }
  | {
      kind: "text";
      x: number;
      y: number;
      text: string;
      fill: string;
      size: number;
      anchor: "start" | "middle" | "end";
      isBold?: boolean;
    };

/** Points that are joined, as pairs of pixels. */
export type Stroke = [x: number, y: number][];

export interface Picture {
  width: number;
  height: number;
  ground: string;
  /** Shapes outside of the clipped part. */
  shapes: Shape[];
  /** Shapes of which only what is inside the frame is seen. */
  frame: { x: number; y: number; width: number; height: number };
  framed: Shape[];
}

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** The picture as an SVG document. All text is escaped. */
export function pictureAsSvg(picture: Picture): string {
  const { width, height, frame } = picture;
  const clip =
    `<clipPath id="frame"><rect x="${round(frame.x)}" y="${round(frame.y)}" ` +
    `width="${round(frame.width)}" height="${round(frame.height)}"/></clipPath>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" font-family="${escaped(FONT)}">`,
    `<defs>${clip}</defs>`,
    `<rect width="${width}" height="${height}" fill="${escaped(picture.ground)}"/>`,
    ...picture.shapes.map(shapeAsSvg),
    `<g clip-path="url(#frame)">`,
    ...picture.framed.map(shapeAsSvg),
    "</g>",
    "</svg>",
  ].join("\n");
}

function shapeAsSvg(shape: Shape): string {
  switch (shape.kind) {
    case "rect":
      return (
        `<rect x="${round(shape.x)}" y="${round(shape.y)}" width="${round(shape.width)}" ` +
        `height="${round(shape.height)}" fill="${escaped(shape.fill)}"/>`
      );
    case "path": {
      const dash = shape.dash.length > 0 ? ` stroke-dasharray="${shape.dash.join(" ")}"` : "";
      return (
        `<path d="${shape.points.map(strokeAsSvg).join("")}" fill="none" ` +
        `stroke="${escaped(shape.stroke)}" stroke-width="${shape.width}" ` +
        `stroke-linejoin="round"${dash}/>`
      );
    }
    case "area":
      return `<path d="${strokeAsSvg(shape.points)}Z" fill="${escaped(shape.fill)}"/>`;
    case "dot":
      return (
        `<circle cx="${round(shape.x)}" cy="${round(shape.y)}" r="${shape.radius}" ` +
        `fill="${escaped(shape.fill)}"/>`
      );
    case "text": {
      const weight = shape.isBold ? ' font-weight="600"' : "";
      return (
        `<text x="${round(shape.x)}" y="${round(shape.y)}" font-size="${shape.size}" ` +
        `fill="${escaped(shape.fill)}" text-anchor="${shape.anchor}"${weight}>` +
        `${escaped(shape.text)}</text>`
      );
    }
  }
}

function strokeAsSvg(points: Stroke): string {
  return points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The picture as a PNG file, `ratio` pixels of it for each of the screen. */
export function pictureAsPng(picture: Picture, ratio: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * ratio;
  canvas.height = picture.height * ratio;
  const context = canvas.getContext("2d");
  if (!context) return Promise.reject(new Error("this browser gives no canvas to draw on"));
  context.scale(ratio, ratio);
  context.lineJoin = "round";
  context.fillStyle = picture.ground;
  context.fillRect(0, 0, picture.width, picture.height);
  for (const shape of picture.shapes) drawShape(context, shape);
  const { x, y, width, height } = picture.frame;
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  for (const shape of picture.framed) drawShape(context, shape);
  return canvasAsPng(canvas);
}

/** What is drawn on a canvas as a PNG file. */
export function canvasAsPng(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the image is empty"))));
  });
}

function drawShape(context: CanvasRenderingContext2D, shape: Shape): void {
  context.beginPath();
  switch (shape.kind) {
    case "rect":
      context.fillStyle = shape.fill;
      context.fillRect(shape.x, shape.y, shape.width, shape.height);
      return;
    case "path":
      for (const points of shape.points) trace(context, points);
      context.strokeStyle = shape.stroke;
      context.lineWidth = shape.width;
      context.setLineDash(shape.dash);
      context.stroke();
      return;
    case "area":
      trace(context, shape.points);
      context.fillStyle = shape.fill;
      context.fill();
      return;
    case "dot":
      context.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
      context.fillStyle = shape.fill;
      context.fill();
      return;
    case "text":
      context.font = `${shape.isBold ? "600 " : ""}${shape.size}px ${FONT}`;
      context.fillStyle = shape.fill;
      context.textAlign = shape.anchor === "middle" ? "center" : shape.anchor;
      context.fillText(shape.text, shape.x, shape.y);
  }
}

function trace(context: CanvasRenderingContext2D, points: Stroke): void {
  points.forEach(([x, y], at) => {
    if (at === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
}
