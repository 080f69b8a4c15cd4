/** Starts the page. */
import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "../api/client";
import { parseAddress } from "../data/address";
import { askAhead } from "../data/first_page";
import { followNews } from "../data/news";
import { readInvitation } from "../data/session";
import { Dialog } from "../widgets/dialog";
import { loadMenus } from "../widgets/menu";
import { Entrance } from "./entrance";
import { Frame, loadKeyList } from "./frame";
import { loadPage } from "./pages";
import "uplot/dist/uPlot.min.css";
import "./tokens.css";
import "./elements.css";
import "./frame.css";
import "./breadcrumb.css";
import "./panels.css";
import "./notices.css";
import "./buttons.css";
import "./fields.css";
import "./filters.css";
import "./menus.css";
import "./dialogs.css";
import "./column_picker.css";
import "./grid.css";
import "./charts.css";
import "./run.css";
import "./console.css";
import "./artifacts.css";
import "./texts.css";
import "./registry.css";
import "./comparison.css";
import "./admin.css";
import "./registry_dialogs.css";
import "./deployments.css";
import "./palette.css";
import "./saved_views.css";
import "./sweeps.css";

const MOST_TRIES = 2;
/** When a page has been drawn and hardly anyone has found a menu or a dialog on it. */
const OPENED_AFTER = 1_500;

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

/** Fetches what is drawn over pages, so that the first of it opens at once. */
async function loadOpened(): Promise<void> {
  await Promise.all([loadMenus(), Dialog.load(), loadKeyList()]);
}

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
  // What keeps it from coming is told when it is opened.
  setTimeout(() => void loadOpened().catch(() => undefined), OPENED_AFTER);
}

const root = document.getElementById("root");
if (root) void start(root);
