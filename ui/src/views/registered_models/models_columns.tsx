/** The columns of the table of models. */
import type { ModelVersion, RegisteredModel } from "../../api/types.gen";
import { places } from "../../data/address";
import type { GridColumn } from "../../widgets/grid_column";
import { AliasMark, VersionLink } from "../../widgets/registry";
import { Tags } from "../../widgets/tags";
import { Time } from "../../widgets/values";
import { ModelMenu, type ModelMenuProps } from "./model_menu";

interface ModelColumnsProps extends Omit<ModelMenuProps, "model"> {
  stages: readonly string[];
  nameSize: number;
}

/** The name, the latest version, then one column for each stage in use. */
export function modelColumns(props: ModelColumnsProps): GridColumn<RegisteredModel>[] {
  const { onRename, onDelete } = props;
  return [
    nameColumn(props.nameSize),
    {
      id: "latest",
      label: "Latest",
      size: 76,
      isNumeric: true,
      cell: (model) => <Latest model={model} />,
    },
    ...props.stages.map(stageColumn),
    {
      id: "last_updated_timestamp",
      label: "Last change",
      size: 112,
      isNumeric: true,
      isSortable: true,
      cell: (model) => <Time at={model.last_updated_timestamp} />,
    },
    {
      id: "aliases",
      label: "Aliases",
      size: 220,
      cell: (model) => (
        <span className="tags">
          {model.aliases?.map(({ alias, version }) => (
            <a key={alias} href={places.version(model.name, version)}>
              <AliasMark alias={alias} version={version} />
            </a>
          ))}
        </span>
      ),
    },
    { id: "tags", label: "Tags", size: 260, cell: (model) => <Tags tags={model.tags} /> },
    {
      id: "description",
      label: "Description",
      size: 320,
      cell: (model) => (
        <span title={model.description?.slice(0, 2_000)}>{model.description?.slice(0, 200)}</span>
      ),
    },
    {
      id: "actions",
      label: "",
      size: 48,
      cell: (model) => <ModelMenu model={model} onRename={onRename} onDelete={onDelete} />,
    },
  ];
}

function nameColumn(size: number): GridColumn<RegisteredModel> {
  return {
    id: "name",
    label: "Name",
    size,
    isSortable: true,
    cell: ({ name }) => (
      <a className="cell-link" href={places.model(name)} title={name}>
        {name}
      </a>
    ),
  };
}

function Latest({ model }: { model: RegisteredModel }) {
  const numbers = model.latest_versions?.map((version) => Number(version.version)) ?? [];
  if (numbers.length === 0) return <span className="absent">–</span>;
  return <VersionLink name={model.name} version={String(Math.max(...numbers))} isShort />;
}

function stageColumn(stage: string): GridColumn<RegisteredModel> {
  return {
    id: `stage.${stage}`,
    label: stage,
    size: Math.max(86, stage.length * 7 + 28),
    isNumeric: true,
    cell: (model) => {
      const version = model.latest_versions?.find((each) => each.current_stage === stage);
      return version ? <InStage version={version} /> : <span className="absent">–</span>;
    },
  };
}

function InStage({ version }: { version: ModelVersion }) {
  return <VersionLink name={version.name} version={version.version} isShort />;
}
