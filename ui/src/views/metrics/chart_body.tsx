/** What is inside a chart's frame, by the kind of the chart. */
import { lazy, type Ref, Suspense } from "react";
import type { ChartSpec } from "../../charts/arrangement";
import type { Takeaway } from "../../charts/takeaway";
import { Loading } from "../../widgets/panels";
import type { ChartData } from "./chart_data";
import type { ChangeCharts, ChartState } from "./chart_state";
import { LineBody } from "./line_body";

export interface ChartBodyProps {
  spec: ChartSpec;
  title: string;
  data: ChartData;
  state: ChartState;
  onChange: ChangeCharts;
  takeaway: Ref<Takeaway>;
  /** Told what stands beside the title, such as how many points there are. */
  onNote: (note: string) => void;
}

// Brings a whole library, which only charts of columns need.
const ColumnsBody = lazy(async () => ({
  default: (await import("./columns_body")).ColumnsBody,
}));

export function ChartBody(props: ChartBodyProps) {
  if (props.spec.kind === "line") return <LineBody {...props} />;
  return (
    <Suspense fallback={<Loading rows={4} />}>
      <ColumnsBody {...props} />
    </Suspense>
  );
}
