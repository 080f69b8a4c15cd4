/** Opens the view that an address names, or the experiment's default, before the page is drawn. */
import { type ReactNode, useEffect } from "react";
import { replaceQuery, useAddress } from "../../data/address";
import { openedQuery, stateOf, useViews, VIEW } from "../../data/views";
import { say } from "../../widgets/notices";
import { Loading } from "../../widgets/panels";

interface OpenedViewProps {
  experiment_id: string;
  children: ReactNode;
}

/** Waits for the views only where the address says nothing of its own. */
export function OpenedView({ experiment_id, children }: OpenedViewProps) {
  const { query } = useAddress();
  const views = useViews(experiment_id);
  const opened = views.data && openedQuery(query, views.data);
  const named = query.get(VIEW);
  const isGone = opened !== undefined && Boolean(named) && opened[VIEW] === undefined;
  useEffect(() => {
    if (!opened) return;
    replaceQuery(opened);
    if (isGone) say("The view of this address was deleted");
  });
  // Without the views the page is as useful as ever.
  const isWaiting = (views.isPending && stateOf(query) === "") || opened !== undefined;
  return isWaiting ? <Loading /> : children;
}
