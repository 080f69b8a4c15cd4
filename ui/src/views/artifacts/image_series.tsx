/** Images by key and step: one slider for all, the runs beside each other. */
import { useMemo, useState } from "react";
import type { Run } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { fileAddress } from "../../data/artifacts";
import {
  type ImageSeries,
  imageAt,
  nearestIndex,
  type SeriesImage,
  stepsOf,
  useImageSeries,
} from "../../data/image_series";
import { count } from "../../data/numbers";
import { isLive } from "../../data/runs";
import { IconButton } from "../../widgets/button";
import { CodeBlock } from "../../widgets/copy";
import { SearchField } from "../../widgets/fields";
import { Empty, Failure, Loading } from "../../widgets/panels";
import { Slider } from "../../widgets/slider";

interface ImageSeriesPaneProps {
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
}

const KEYS_AT_ONCE = 20;

export function ImageSeriesPane({ runs, runColour }: ImageSeriesPaneProps) {
  const { query } = useAddress();
  const [most, setMost] = useState(KEYS_AT_ONCE);
  const live = useMemo(() => new Set(runs.filter(isLive).map(({ info }) => info.run_id)), [runs]);
  const asked = useImageSeries(
    runs.map(({ info }) => info.run_id),
    live,
  );
  const failed = asked.find(({ error }) => error);
  if (failed?.error) {
    return (
      <Failure
        what="The images could not be listed"
        error={failed.error}
        retry={() => void failed.refetch()}
      />
    );
  }
  if (asked.some(({ isPending }) => isPending)) return <Loading rows={6} />;
  const series = asked.map(({ data }) => data ?? (new Map() as ImageSeries));
  const steps = stepsOf(series);
  if (steps.length === 0) return <NoImages />;
  const last = steps.at(-1) ?? 0;
  const step = Number(query.get("image_step") ?? last);
  const find = (query.get("image") ?? "").toLowerCase();
  const keys = [...new Set(series.flatMap((each) => [...each.keys()]))].filter((key) =>
    key.toLowerCase().includes(find),
  );
  return (
    <section className="image-series" aria-label="Images">
      <div className="toolbar">
        <SearchField
          label="Find images"
          value={query.get("image") ?? ""}
          onChange={(image) => changeQuery({ image })}
        />
        <StepSlider
          steps={steps}
          step={step}
          onStep={(to) => changeQuery({ image_step: to === last ? undefined : String(to) })}
        />
      </div>
      <div className="image-scroll">
        {keys.length === 0 && <Empty title={`No images named “${find}”`} />}
        {keys.slice(0, most).map((key) => (
          <KeyRow
            key={key}
            name={key}
            step={step}
            runs={runs}
            runColour={runColour}
            series={series}
          />
        ))}
        {keys.length > most && (
          <button type="button" className="button plain" onClick={() => setMost(most + 20)}>
            {count(keys.length - most)} more
          </button>
        )}
      </div>
    </section>
  );
}

function NoImages() {
  return (
    <Empty title="No images by key">
      <p>Images logged with a key and a step appear here:</p>
      <CodeBlock code={'millstream.log_image(image, key="sample", step=step)'} />
    </Empty>
  );
}

interface StepSliderProps {
  steps: readonly number[];
  step: number;
  onStep: (step: number) => void;
}

/** Moves over the steps that exist, not over the numbers between. */
function StepSlider({ steps, step, onStep }: StepSliderProps) {
  const at = nearestIndex(steps, step);
  const go = (to: number) => onStep(steps[to] ?? step);
  if (steps.length < 2) return <span className="step-slider">Step {count(steps[0] ?? 0)}</span>;
  return (
    <div className="step-slider">
      <IconButton icon="back" label="Step before" disabled={at === 0} onClick={() => go(at - 1)} />
      <Slider
        label="Step"
        text={`Step ${steps[at]}`}
        most={steps.length - 1}
        step={1}
        value={at}
        onChange={go}
      />
      <IconButton
        icon="forward"
        label="Step after"
        disabled={at === steps.length - 1}
        onClick={() => go(at + 1)}
      />
      <output>Step {count(steps[at] ?? 0)}</output>
    </div>
  );
}

interface KeyRowProps {
  name: string;
  step: number;
  runs: readonly Run[];
  runColour: ReadonlyMap<string, string>;
  series: readonly ImageSeries[];
}

function KeyRow({ name, step, runs, runColour, series }: KeyRowProps) {
  return (
    <section className="image-key" aria-label={name}>
      <h3 className="ellipsis" title={name}>
        {name}
      </h3>
      <div className="image-row">
        {runs.map((run, at) => (
          <RunImage
            key={run.info.run_id}
            run={run}
            colour={runs.length > 1 ? runColour.get(run.info.run_id) : undefined}
            image={imageAt(series[at]?.get(name), step)}
            name={name}
          />
        ))}
      </div>
    </section>
  );
}

interface RunImageProps {
  run: Run;
  colour: string | undefined;
  image: SeriesImage | undefined;
  name: string;
}

function RunImage({ run, colour, image, name }: RunImageProps) {
  const [isLarge, setLarge] = useState(false);
  const { run_id, run_name } = run.info;
  return (
    <figure className={isLarge ? "large" : undefined}>
      {image ? (
        <button
          type="button"
          title={isLarge ? "Smaller" : "Whole size"}
          aria-pressed={isLarge}
          onClick={() => setLarge(!isLarge)}
        >
          <img
            src={fileAddress(run_id, isLarge ? image.path : image.preview)}
            alt={`${name} at step ${image.step}`}
          />
        </button>
      ) : (
        <span className="no-image faint">not yet</span>
      )}
      <figcaption>
        {colour && <i className="swatch" style={{ background: colour }} />}
        {colour && <span className="ellipsis">{run_name || run_id.slice(0, 8)}</span>}
        <span className="faint">{image ? `step ${count(image.step)}` : ""}</span>
      </figcaption>
    </figure>
  );
}
