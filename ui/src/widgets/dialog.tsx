/** A dialog in the middle of the page. */
import type { ReactNode } from "react";
import { later } from "./later";

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Without the visible title and its close button. */
  isBare?: boolean;
  /** As large as the window. */
  isWhole?: boolean;
}

/** Open as long as it is drawn. */
export const Dialog = later<DialogProps>(
  async () => (await import("./open_dialog")).OpenDialog,
  null,
);
