/** What is inside a chart's frame, by the kind of the chart. */
import { memo } from "react";
import { later } from "../../widgets/later";
import { Loading } from "../../widgets/panels";
import type { ChartBodyProps } from "./chart_body_props";
import { LineBody } from "./line_body";

// Brings a whole library, which only charts of columns need.
const ColumnsBody = later(
  async () => (await import("./columns_body")).ColumnsBody,
  <Loading rows={4} />,
);

/** Memoised, since its note is drawn by the frame around it. */
export const ChartBody = memo(function ChartBody(props: ChartBodyProps) {
  return props.spec.kind === "line" ? <LineBody {...props} /> : <ColumnsBody {...props} />;
});
