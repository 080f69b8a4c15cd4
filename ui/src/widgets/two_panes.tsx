/** A page of two panes: the first view stays on the left, the others take turns on the right. */
import type { ReactNode } from "react";
import { changeQuery, useAddress } from "../data/address";
import { Choice } from "./button";
import { Split } from "./split";
import { useIsNarrow } from "./width";

/** One view of the page; `value` is its name in the address. */
export interface PaneView<Value extends string> {
  value: Value;
  label: string;
  pane: ReactNode;
}

interface TwoPanesProps<Value extends string> {
  /** The first is the one that stays. */
  views: readonly [PaneView<Value>, PaneView<Value>, ...PaneView<Value>[]];
  /** What stands on the right unless someone chooses; without it, the second view. */
  usual?: Value;
  /** The part of the width that the left pane takes unless someone drags, 0 to 1. */
  usualShare: number;
  /** What stands above the panes, with the choice of views somewhere in it. */
  head: (choice: ReactNode) => ReactNode;
}

/** Where there is no room for two panes, the first view is one of the choice. */
export function TwoPanes<Value extends string>(props: TwoPanesProps<Value>) {
  const { views, usualShare } = props;
  const { query } = useAddress();
  const isNarrow = useIsNarrow();
  const [first, ...others] = views;
  const offered = isNarrow ? views : others;
  const usual = isNarrow ? first.value : (props.usual ?? views[1].value);
  const isNamed = ({ value }: PaneView<Value>, name: string | null) => value === name;
  const view =
    offered.find((each) => isNamed(each, query.get("view"))) ??
    offered.find((each) => isNamed(each, usual));
  const choice = offered.length > 1 && (
    <Choice
      label="View"
      value={view?.value ?? usual}
      options={offered.map(({ value, label }) => ({ value, label }))}
      onChange={(to) => changeQuery({ view: to === usual ? "" : to })}
    />
  );
  return (
    <>
      {props.head(choice)}
      {isNarrow ? (
        view?.pane
      ) : (
        <Split
          left={first.pane}
          right={view?.pane}
          share={Number(query.get("share")) || usualShare}
          onShare={(to) => changeQuery({ share: to === usualShare ? undefined : String(to) })}
        />
      )}
    </>
  );
}
