/** Starts the page. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "../api/client";
import { parseAddress } from "../data/address";
import { askAhead } from "../data/first_page";
import { followNews } from "../data/news";
import { Frame } from "./frame";
import "./tokens.css";
import "./frame.css";
import "./buttons.css";
import "./fields.css";
import "./filters.css";
import "./menus.css";
import "./dialogs.css";
import "./column_picker.css";
import "./grid.css";
import "./charts.css";
import "./run.css";
import "./artifacts.css";
import "./texts.css";
import "./registry.css";
import "./comparison.css";
import "./admin.css";
import "./registry_dialogs.css";
import "./palette.css";
import "./saved_views.css";

const MOST_TRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refuses once it refuses again; only a lost connection is worth a second try.
      retry: (failures, error) =>
        failures < MOST_TRIES &&
        (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

followNews(client);
void askAhead(client, parseAddress(location.hash));
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Frame />
      </QueryClientProvider>
    </StrictMode>,
  );
}
