/** An image that stands inside another file, drawn: the page's policy shows none from memory. */
import { useEffect, useRef, useState } from "react";

export function EmbeddedImage({ type, data }: { type: string; data: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let isCurrent = true;
    draw(canvas.current, type, data, () => isCurrent).catch((error: unknown) => {
      if (isCurrent) setProblem(error instanceof Error ? error.message : String(error));
    });
    return () => {
      isCurrent = false;
    };
  }, [type, data]);
  if (problem !== undefined) {
    return <p className="bad-text">The image could not be read: {problem}</p>;
  }
  return <canvas ref={canvas} className="embedded-image" role="img" aria-label="Output image" />;
}

async function draw(
  canvas: HTMLCanvasElement | null,
  type: string,
  data: string,
  isCurrent: () => boolean,
): Promise<void> {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type }));
  if (canvas && isCurrent()) {
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d")?.drawImage(image, 0, 0);
  }
  image.close();
}
