/** PDF files, drawn by a reader of our own delivery: what stands in them never runs. */
import type { PDFDocumentLoadingTask, PDFDocumentProxy } from "pdfjs-dist";

const BYTES_AT_ONCE = 256 * 1024;

/** Begins to read a file by ranges: the pages that are looked at, and what they need. */
export async function openPdf(address: string): Promise<PDFDocumentLoadingTask> {
  const [{ getDocument, GlobalWorkerOptions }, worker] = await Promise.all([
    import("pdfjs-dist"),
    import("pdfjs-dist/build/pdf.worker.min.mjs?url"),
  ]);
  GlobalWorkerOptions.workerSrc = worker.default;
  return getDocument({
    url: address,
    rangeChunkSize: BYTES_AT_ONCE,
    disableAutoFetch: true,
    disableStream: true,
    // The page's policy allows neither code from texts nor WebAssembly.
    isEvalSupported: false,
    useWasm: false,
    enableXfa: false,
    // Errors are told on the page; warnings about odd files help nobody there.
    verbosity: 0,
  });
}

/** The size of a page in points. */
export interface PageSize {
  width: number;
  height: number;
}

/** The size of the page at a place, counted from 0. */
export async function pageSize(pdf: PDFDocumentProxy, at: number): Promise<PageSize> {
  const { width, height } = (await pdf.getPage(at + 1)).getViewport({ scale: 1 });
  return { width, height };
}

/** Draws a page as wide as asked, in CSS pixels; ends early when the signal says so. */
export async function drawPage(
  pdf: PDFDocumentProxy,
  at: number,
  canvas: HTMLCanvasElement,
  width: number,
  signal: AbortSignal,
): Promise<void> {
  const page = await pdf.getPage(at + 1);
  if (signal.aborted) return;
  const whole = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: (width / whole.width) * window.devicePixelRatio });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  const drawing = page.render({ canvas, viewport, annotationMode: 0 });
  const stop = () => drawing.cancel();
  signal.addEventListener("abort", stop);
  try {
    await drawing.promise;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
