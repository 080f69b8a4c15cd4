/** The colours of what is no data in a chart: its words, its grid, its ground. */
import { useMemo } from "react";
import type { ChartColours } from "../../charts/plot_options";
import { tokenColour, useColourVersion } from "../../widgets/theme";

/** Those of the theme, the same object as long as it holds. */
export function useChartColours(): ChartColours {
  const theme = useColourVersion();
  return useMemo(
    () => ({
      text: tokenColour("--text-faint"),
      grid: tokenColour("--line-chart"),
      ground: tokenColour("--ground"),
    }),
    [theme],
  );
}
