/** What every kind of chart is given. */
import type { Ref } from "react";
import type { ChartSpec } from "../../charts/arrangement";
import type { Takeaway } from "../../charts/takeaway";
import type { ChartData } from "./chart_data";
import type { ChangeCharts, ChartState } from "./chart_state";

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
