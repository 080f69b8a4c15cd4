/** The data that a run read: where from, how much, which columns. */
import { useState } from "react";
import type { DatasetInput, Run } from "../../api/types.gen";
import { datasetFacts } from "../../data/datasets";
import { count } from "../../data/numbers";
import { safeLink } from "../../data/safe_links";
import { Button } from "../../widgets/button";
import { CopyButton, ShortId } from "../../widgets/copy";
import { Icon } from "../../widgets/icons";
import { Section } from "../../widgets/section";

const COLUMNS_SHOWN = 10;

/** Nothing for runs without datasets. */
export function DatasetsSection({ run }: { run: Run }) {
  const inputs = run.inputs?.dataset_inputs ?? [];
  if (inputs.length === 0) return null;
  return (
    <Section title="Datasets" note={count(inputs.length)}>
      {inputs.map((input, at) => (
        <DatasetCard key={at} input={input} />
      ))}
    </Section>
  );
}

function DatasetCard({ input }: { input: DatasetInput }) {
  const { dataset, tags = [] } = input;
  const { columns, counts, source } = datasetFacts(dataset);
  const context = tags.find(({ key }) => key === "mlflow.data.context")?.value;
  return (
    <article className="section-body dataset" aria-label={dataset.name}>
      <h3>
        <Icon name="data" size={14} />
        <span className="ellipsis" title={dataset.name}>
          {dataset.name}
        </span>
        {context && <span className="tag">{context}</span>}
        <ShortId id={dataset.digest} />
      </h3>
      <p className="dataset-facts">
        {counts.map(([name, value]) => (
          <span key={name}>
            <b>{/^\d+$/.test(value) ? count(Number(value)) : value}</b> {name}
          </span>
        ))}
        <Source source={source} type={dataset.source_type} />
      </p>
      {columns.length > 0 && <Columns columns={columns} />}
    </article>
  );
}

function Source({ source, type }: { source: string | undefined; type: string }) {
  if (source === undefined) return <span className="faint">from {type}</span>;
  const link = safeLink(source);
  return (
    <span className="dataset-source">
      {link ? (
        <a
          className="link ellipsis"
          href={link}
          title={link}
          target="_blank"
          rel="noopener noreferrer"
        >
          {source}
        </a>
      ) : (
        <span className="ellipsis" title={source}>
          {source}
        </span>
      )}
      <CopyButton text={source} label="Copy the source" />
    </span>
  );
}

function Columns({ columns }: { columns: readonly { name: string; type: string }[] }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? columns : columns.slice(0, COLUMNS_SHOWN);
  return (
    <>
      <ul className="dataset-columns" aria-label="Columns">
        {shown.map(({ name, type }, at) => (
          <li key={at} title={`${name}: ${type}`}>
            <span className="ellipsis">{name || "without a name"}</span>
            <span className="faint ellipsis">{type}</span>
          </li>
        ))}
      </ul>
      {columns.length > COLUMNS_SHOWN && (
        <Button tone="quiet" onClick={() => setWhole(!isWhole)}>
          {isWhole ? "Fewer columns" : `All ${count(columns.length)} columns`}
        </Button>
      )}
    </>
  );
}
