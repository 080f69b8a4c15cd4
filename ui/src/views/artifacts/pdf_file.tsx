/** A PDF file, page below page; only those in sight are drawn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import type { PDFDocumentProxy } from "pdfjs-dist";
import { useEffect, useRef, useState } from "react";
import { fileAddress } from "../../data/artifacts";
import { count } from "../../data/numbers";
import { drawPage, openPdf, type PageSize, pageSize } from "../../data/pdf";
import { zoomed } from "../../data/zoom";
import { Button, IconButton } from "../../widgets/button";
import { Failure, Loading } from "../../widgets/panels";
import type { FileProps } from "./file";
import { useRoom } from "./room";

const GAP = 16;
const WIDEST_FITTED = 900;

interface Opened {
  pdf: PDFDocumentProxy;
  /** Of the first page; others are taken to be alike until they are drawn. */
  size: PageSize;
}

export function PdfFile({ run, path }: FileProps) {
  const [opened, setOpened] = useState<Opened>();
  const [problem, setProblem] = useState<Error>();
  const address = fileAddress(run.info.run_id, path);
  useEffect(() => {
    let isCurrent = true;
    const opening = openPdf(address);
    opening
      .then(async (task) => {
        const pdf = await task.promise;
        const size = await pageSize(pdf, 0);
        if (isCurrent) setOpened({ pdf, size });
      })
      .catch((error: unknown) => {
        if (isCurrent) setProblem(error instanceof Error ? error : new Error(String(error)));
      });
    return () => {
      isCurrent = false;
      // What could not be opened has nothing to let go; the error was told above.
      opening.then((task) => task.destroy()).catch(() => undefined);
    };
  }, [address]);
  if (problem) return <Failure what="The file could not be read as PDF" error={problem} />;
  if (!opened) return <Loading rows={8} />;
  return <Pages {...opened} name={path} />;
}

function Pages({ pdf, size, name }: Opened & { name: string }) {
  const [zoom, setZoom] = useState(1);
  const scroller = useRef<HTMLDivElement>(null);
  const room = useRoom(scroller);
  const fitted = Math.min(WIDEST_FITTED, Math.max(200, (room?.width ?? 0) - 2 * GAP));
  const width = Math.round(fitted * zoom);
  const list = useVirtualizer({
    count: pdf.numPages,
    getScrollElement: () => scroller.current,
    estimateSize: () => (width * size.height) / size.width + GAP,
    overscan: 1,
  });
  // Heights follow the width.
  useEffect(() => {
    if (width > 0) list.measure();
  }, [width, list]);
  return (
    <>
      <div className="preview-bar">
        <span>
          {count(pdf.numPages)} {pdf.numPages === 1 ? "page" : "pages"}
        </span>
        <IconButton icon="minus" label="Smaller" onClick={() => setZoom(zoomed(zoom, -1))} />
        <IconButton icon="plus" label="Larger" onClick={() => setZoom(zoomed(zoom, 1))} />
        <Button aria-pressed={zoom === 1} onClick={() => setZoom(1)}>
          Fit
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll */}
      <section ref={scroller} className="pdf-scroll" aria-label="Content" tabIndex={0}>
        {room && (
          <div className="pdf-canvas" style={{ height: list.getTotalSize(), minWidth: width }}>
            {list.getVirtualItems().map(({ index, start }) => (
              <div
                key={index}
                ref={list.measureElement}
                data-index={index}
                className="pdf-place"
                style={{ transform: `translateY(${start}px)` }}
              >
                <PdfPage pdf={pdf} at={index} width={width} usual={size} name={name} />
              </div>
            ))}
          </div>
        )}
      </section>
    </>
  );
}

interface PdfPageProps {
  pdf: PDFDocumentProxy;
  at: number;
  width: number;
  usual: PageSize;
  name: string;
}

function PdfPage({ pdf, at, width, usual, name }: PdfPageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState(usual);
  const [problem, setProblem] = useState<string>();
  const [isDrawn, setDrawn] = useState(false);
  useEffect(() => {
    const stopped = new AbortController();
    const draw = async () => {
      setSize(await pageSize(pdf, at));
      if (canvas.current && !stopped.signal.aborted) {
        await drawPage(pdf, at, canvas.current, width, stopped.signal);
        setDrawn(true);
      }
    };
    draw().catch((error: unknown) => {
      if (!stopped.signal.aborted) setProblem(error instanceof Error ? error.message : "unknown");
    });
    return () => stopped.abort();
  }, [pdf, at, width]);
  const height = (width * size.height) / size.width;
  return (
    <>
      <canvas
        ref={canvas}
        className="pdf-page"
        style={{ width, height }}
        role="img"
        aria-label={`${name}, page ${at + 1}`}
        aria-busy={!isDrawn}
      />
      {problem && <p className="bad-text">This page could not be drawn: {problem}</p>}
    </>
  );
}
