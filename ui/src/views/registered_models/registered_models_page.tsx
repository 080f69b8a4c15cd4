/** All registered models: find, create, rename, delete. */
import { useMemo, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import type { RegisteredModel } from "../../api/types.gen";
import { changeQuery, goTo, places, useAddress } from "../../data/address";
import { filterOf } from "../../data/language";
import { useRegisteredModels } from "../../data/registered_models";
import { stagesToShow, useStages } from "../../data/stages";
import { Button } from "../../widgets/button";
import { FilterBox } from "../../widgets/filter_box";
import { Grid } from "../../widgets/grid";
import { formatSorting, parseSorting, type Sorting } from "../../widgets/grid_column";
import { useKeys } from "../../widgets/keys";
import { Failure, Loading, Stale } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { useIsNarrow } from "../../widgets/width";
import { DeleteModelDialog, NewModelDialog, RenameModelDialog } from "./model_dialogs";
import { modelColumns } from "./models_columns";
import { NoModels } from "./no_models";

const LABEL = "Filter: part of a name, or tags.team = 'risk' and name like 'house%'";
const NEWEST_FIRST: Sorting = { id: "last_updated_timestamp", isDescending: true };
const NO_MODELS: RegisteredModel[] = [];

type Asked = { kind: "create" } | { kind: "rename" | "delete"; model: RegisteredModel };

export function RegisteredModelsPage() {
  const { query } = useAddress();
  const text = query.get("filter") ?? "";
  const sorting = parseSorting(query.get("sort"))[0] ?? NEWEST_FIRST;
  const order = `${sorting.id} ${sorting.isDescending ? "DESC" : "ASC"}`;
  const found = useRegisteredModels(filterOf(text, "name"), order);
  const problem = refusal(found.error);
  const models = useShown(found.data?.pages);
  const [changed, setAsked] = useState<Asked>();
  const asked = query.get("new") ? { kind: "create" as const } : changed;
  const [widths, setWidths] = useState<Record<string, number>>({});
  const field = useRef<HTMLInputElement>(null);
  const columns = useColumns(models, setAsked);
  const closed = () => {
    setAsked(undefined);
    changeQuery({ new: "" });
  };
  useKeys({ "/": () => field.current?.focus() });
  useTitle("Models");
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <div className="toolbar">
        <FilterBox
          label={LABEL}
          field={field}
          applied={text}
          problem={problem?.advice}
          onApply={(filter) => changeQuery({ filter })}
        />
        <span className="count">
          {found.isSuccess &&
            `${models.length}${found.hasNextPage ? "+" : ""} ${models.length === 1 ? "model" : "models"}`}
        </span>
        <Button icon="plus" tone="accent" onClick={() => changeQuery({ new: "1" })}>
          New model
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && !problem && models.length > 0 && (
        <Stale error={found.error} retry={retry} />
      )}
      {found.isError && !problem && models.length === 0 && (
        <Failure what="The models could not be loaded" error={found.error} retry={retry} />
      )}
      {(found.isSuccess || problem) && models.length === 0 && (
        <NoModels text={text} isRefused={problem !== undefined} />
      )}
      {models.length > 0 && (
        <Grid
          label="Models"
          rows={models}
          rowId={(model) => model.name}
          columns={columns}
          sorting={[sorting]}
          onSort={(to) => changeQuery({ sort: formatSorting(to) })}
          widths={widths}
          onWidths={setWidths}
          onOpen={(model) => goTo(places.model(model.name))}
          onEnd={() => found.hasNextPage && !found.isFetching && void found.fetchNextPage()}
          isDimmed={found.isPlaceholderData || problem !== undefined}
        />
      )}
      {asked && <Ask asked={asked} onClose={closed} />}
    </div>
  );
}

/** What the server has against the filter, if that is the trouble. */
function refusal(error: Error | null): ApiError | undefined {
  return error instanceof ApiError && error.status === 400 ? error : undefined;
}

/** The models loaded so far; while a filter is refused, those of before. */
function useShown(pages: { registered_models?: RegisteredModel[] }[] | undefined) {
  const last = useRef(pages);
  if (pages) last.current = pages;
  const shown = last.current;
  return useMemo(
    () => shown?.flatMap((page) => page.registered_models ?? NO_MODELS) ?? NO_MODELS,
    [shown],
  );
}

function useColumns(models: readonly RegisteredModel[], onAsk: (asked: Asked) => void) {
  const isNarrow = useIsNarrow();
  const known = useStages();
  const stages = useMemo(() => {
    const seen = models.flatMap(({ latest_versions = [] }) =>
      latest_versions.map((version) => version.current_stage ?? ""),
    );
    return stagesToShow(known, seen);
  }, [models, known]);
  return useMemo(
    () =>
      modelColumns({
        stages,
        nameSize: isNarrow ? 190 : 300,
        onRename: (model) => onAsk({ kind: "rename", model }),
        onDelete: (model) => onAsk({ kind: "delete", model }),
      }),
    [stages, isNarrow, onAsk],
  );
}

function Ask({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  switch (asked.kind) {
    case "create":
      return <NewModelDialog onClose={onClose} />;
    case "rename":
      return <RenameModelDialog name={asked.model.name} onClose={onClose} />;
    case "delete":
      return <DeleteModelDialog name={asked.model.name} onClose={onClose} />;
  }
}
