/** Starts the page. */
import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "../api/client";
import { parseAddress } from "../data/address";
import { askAhead } from "../data/first_page";
import { followNews } from "../data/news";
import { readInvitation } from "../data/session";
import { loadMenus } from "../widgets/menu";
import { Entrance } from "./entrance";
import { Frame } from "./frame";
import { loadPage } from "./pages";
import "uplot/dist/uPlot.min.css";
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
/** When a page has been drawn and hardly anyone has found a menu on it, so that the first opens at once. */
const MENUS_AFTER = 1_500;

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

// Answers that arrive together are drawn together, without a timer's wait for each.
notifyManager.setScheduler(queueMicrotask);

async function start(root: HTMLElement): Promise<void> {
  readInvitation();
  const address = parseAddress(location.hash);
  followNews(client);
  void askAhead(client, address);
  // Until its part of the program is here, the frame that came with the page looks the same. What
  // keeps it from coming is told in its place.
  await loadPage(address.path).catch(() => undefined);
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Entrance>
          <Frame />
        </Entrance>
      </QueryClientProvider>
    </StrictMode>,
  );
  // What keeps them from coming is told when one is opened.
  setTimeout(() => void loadMenus().catch(() => undefined), MENUS_AFTER);
}

const root = document.getElementById("root");
if (root) void start(root);
