/** What is inside a chart's frame, by the kind of the chart. */
import { lazy, Suspense } from "react";
import { Loading } from "../../widgets/panels";
import type { ChartBodyProps } from "./chart_body_props";
import { LineBody } from "./line_body";

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
