/** All experiments: find, create, rename, delete, restore. */
import { useMemo, useRef, useState } from "react";
import { serverAddress } from "../../api/client";
import type { Experiment } from "../../api/types.gen";
import { changeQuery, goTo, places, useAddress } from "../../data/address";
import { type Stage, useExperimentChanges, useExperiments } from "../../data/experiments";
import { Button, Choice } from "../../widgets/button";
import { CodeBlock, ShortId } from "../../widgets/copy";
import { SearchField } from "../../widgets/fields";
import { Grid } from "../../widgets/grid";
import {
  formatSorting,
  type GridColumn,
  parseSorting,
  type Sorting,
} from "../../widgets/grid_column";
import { useKeys } from "../../widgets/keys";
import { say } from "../../widgets/notices";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { Tags } from "../../widgets/tags";
import { Time } from "../../widgets/values";
import { useIsNarrow } from "../../widgets/width";
import { ExperimentMenu } from "./experiment_menu";
import { NameDialog } from "./name_dialog";

const STAGES: { value: Stage; label: string }[] = [
  { value: "ACTIVE_ONLY", label: "Active" },
  { value: "DELETED_ONLY", label: "Deleted" },
];
const NEWEST_FIRST: Sorting = { id: "last_update_time", isDescending: true };

type Asked = { kind: "create" } | { kind: "rename"; experiment: Experiment };

export function ExperimentsPage() {
  const { query } = useAddress();
  const text = query.get("name") ?? "";
  const stage: Stage = query.get("stage") === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY";
  const sorting = parseSorting(query.get("sort"))[0] ?? NEWEST_FIRST;
  const order = `${sorting.id} ${sorting.isDescending ? "DESC" : "ASC"}`;
  const found = useExperiments(text, stage, order);
  const experiments = useMemo(
    () => found.data?.pages.flatMap((page) => page.experiments ?? []) ?? [],
    [found.data],
  );
  const [changed, setAsked] = useState<Asked>();
  const asked = query.get("new") ? { kind: "create" as const } : changed;
  const [widths, setWidths] = useState<Record<string, number>>({});
  const field = useRef<HTMLInputElement>(null);
  const columns = useColumns((experiment) => setAsked({ kind: "rename", experiment }));
  const closed = () => {
    setAsked(undefined);
    changeQuery({ new: "" });
  };
  useKeys({ "/": () => field.current?.focus() });

  const isEmpty = found.isSuccess && experiments.length === 0;
  return (
    <div className="page">
      <div className="toolbar">
        <SearchField
          field={field}
          label="Find experiments by name"
          value={text}
          onChange={(name) => changeQuery({ name })}
        />
        <Choice
          label="Stage"
          value={stage}
          options={STAGES}
          onChange={(to) => changeQuery({ stage: to === "DELETED_ONLY" ? "deleted" : "" })}
        />
        <span className="count">
          {found.isSuccess && `${experiments.length}${found.hasNextPage ? "+" : ""} experiments`}
        </span>
        <span className="push" />
        <Button icon="plus" tone="accent" onClick={() => changeQuery({ new: "1" })}>
          New experiment
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && experiments.length > 0 && (
        <Stale error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isError && experiments.length === 0 && (
        <Failure
          what="The experiments could not be loaded"
          error={found.error}
          retry={() => void found.refetch()}
        />
      )}
      {isEmpty && <NoExperiments text={text} stage={stage} />}
      {experiments.length > 0 && (
        <Grid
          label="Experiments"
          rows={experiments}
          rowId={(experiment) => experiment.experiment_id}
          columns={columns}
          sorting={[sorting]}
          onSort={(to) => changeQuery({ sort: formatSorting(to) })}
          widths={widths}
          onWidths={setWidths}
          onOpen={(experiment) => goTo(places.runs(experiment.experiment_id))}
          onEnd={() => found.hasNextPage && !found.isFetching && void found.fetchNextPage()}
          isDimmed={found.isPlaceholderData}
        />
      )}
      {asked && <Ask asked={asked} onClose={closed} />}
    </div>
  );
}

function useColumns(onRename: (experiment: Experiment) => void): GridColumn<Experiment>[] {
  const isNarrow = useIsNarrow();
  return [
    {
      id: "name",
      label: "Name",
      size: isNarrow ? 210 : 360,
      isSortable: true,
      cell: (experiment) => (
        <a
          className="cell-link"
          href={places.runs(experiment.experiment_id)}
          title={experiment.name}
        >
          {experiment.name}
        </a>
      ),
    },
    {
      id: "last_update_time",
      label: "Last change",
      size: 120,
      isSortable: true,
      isNumeric: true,
      cell: (experiment) => <Time at={experiment.last_update_time} />,
    },
    {
      id: "creation_time",
      label: "Created",
      size: 120,
      isSortable: true,
      isNumeric: true,
      cell: (experiment) => <Time at={experiment.creation_time} />,
    },
    {
      id: "experiment_id",
      label: "ID",
      size: 150,
      cell: (experiment) => <ShortId id={experiment.experiment_id} length={20} />,
    },
    {
      id: "tags",
      label: "Tags",
      size: 360,
      cell: (experiment) => <Tags tags={experiment.tags} />,
    },
    {
      id: "actions",
      label: "",
      size: 48,
      cell: (experiment) => <ExperimentMenu experiment={experiment} onRename={onRename} />,
    },
  ];
}

function NoExperiments({ text, stage }: { text: string; stage: Stage }) {
  if (text) {
    return (
      <Empty title={`No experiment’s name contains “${text}”`}>
        <p className="row-of-buttons">
          <Button icon="close" onClick={() => changeQuery({ name: "" })}>
            Clear the name
          </Button>
        </p>
      </Empty>
    );
  }
  if (stage === "DELETED_ONLY") return <Empty title="No deleted experiments" />;
  return (
    <Empty title="No experiments yet">
      <p>Three lines of Python make the first one:</p>
      <CodeBlock
        code={`import millstream\nmillstream.set_tracking_uri("${serverAddress()}")\nmillstream.set_experiment("first")`}
      />
    </Empty>
  );
}

function Ask({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const changes = useExperimentChanges();
  if (asked.kind === "create") {
    const create = async (name: string) => {
      const { experiment_id } = await changes.create(name);
      goTo(places.runs(experiment_id));
    };
    return <NameDialog title="New experiment" action="Create" onSave={create} onClose={onClose} />;
  }
  const { experiment_id, name } = asked.experiment;
  const rename = async (to: string) => {
    await changes.rename(experiment_id, to);
    say(`Renamed “${name}” to “${to}”`, () => changes.rename(experiment_id, name));
  };
  return (
    <NameDialog
      title="Rename experiment"
      action="Rename"
      name={name}
      onSave={rename}
      onClose={onClose}
    />
  );
}
