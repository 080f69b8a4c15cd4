/** An image: fitted into the pane, or at any size, with its pixels kept apart when they are large. */
import { type KeyboardEvent, useEffect, useRef, useState, type WheelEvent } from "react";
import { fileAddress } from "../../data/artifacts";
import { shownScale, zoomed } from "../../data/zoom";
import { Button, IconButton } from "../../widgets/button";
import { Failure } from "../../widgets/panels";
import type { FileProps } from "./file";
import { useRoom } from "./room";

/** From here on pixels are drawn as squares rather than smoothed. */
const PIXELATED_FROM = 2;

interface Size {
  width: number;
  height: number;
}

export function ImageFile({ run, path }: FileProps) {
  const [natural, setNatural] = useState<Size>();
  const [hasFailed, setFailed] = useState(false);
  /** Screen pixels per pixel of the image; undefined fits it into the pane. */
  const [asked, setAsked] = useState<number>();
  const pane = useRef<HTMLDivElement>(null);
  const room = useRoom(pane);
  const scale = shownScale(natural, room, asked);
  const address = fileAddress(run.info.run_id, path);

  const turned = (event: WheelEvent) => {
    if (event.ctrlKey || event.metaKey) setAsked(zoomed(scale, event.deltaY < 0 ? 1 : -1));
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "+" || event.key === "=") setAsked(zoomed(scale, 1));
    else if (event.key === "-") setAsked(zoomed(scale, -1));
    else if (event.key === "0") setAsked(undefined);
    else if (event.key === "1") setAsked(1);
    else return;
    event.preventDefault();
  };
  useNoPageZoom(pane);
  if (hasFailed) {
    return (
      <Failure
        what="The image could not be shown"
        error={new Error(`The browser cannot read ${path} as an image.`)}
        retry={() => setFailed(false)}
      />
    );
  }
  return (
    <>
      <div className="preview-bar">
        <IconButton icon="minus" label="Smaller (−)" onClick={() => setAsked(zoomed(scale, -1))} />
        <output className="zoom">{Math.round(scale * 100)} %</output>
        <IconButton icon="plus" label="Larger (+)" onClick={() => setAsked(zoomed(scale, 1))} />
        <Button aria-pressed={asked === undefined} onClick={() => setAsked(undefined)}>
          Fit
        </Button>
        <Button aria-pressed={asked === 1} onClick={() => setAsked(1)}>
          100 %
        </Button>
        {natural && (
          <span className="faint">
            {natural.width} × {natural.height}
          </span>
        )}
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a region that scrolls takes the keys of its picture */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll a large image */}
      <div ref={pane} className="preview-image" tabIndex={0} onWheel={turned} onKeyDown={pressed}>
        <img
          src={address}
          alt={path}
          className={scale >= PIXELATED_FROM ? "pixelated" : undefined}
          style={natural && { width: natural.width * scale, height: natural.height * scale }}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            // A drawing without a size of its own is as large as its place.
            setNatural({ width: naturalWidth || 300, height: naturalHeight || 300 })
          }
          onError={() => setFailed(true)}
        />
      </div>
    </>
  );
}

/** Ctrl and the wheel would zoom the whole page; React's listeners cannot prevent that. */
function useNoPageZoom(element: { current: HTMLElement | null }): void {
  useEffect(() => {
    const target = element.current;
    const keep = (event: globalThis.WheelEvent) => {
      if (event.ctrlKey || event.metaKey) event.preventDefault();
    };
    target?.addEventListener("wheel", keep, { passive: false });
    return () => target?.removeEventListener("wheel", keep);
  }, [element]);
}
