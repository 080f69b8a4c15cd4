/** What stands before the pages: signing in, or the making of the first administrator. */
import type { ReactNode } from "react";
import { useEntrance } from "../data/session";
import { ErrorBoundary } from "../widgets/error_boundary";
import { later } from "../widgets/later";

const SignInPage = later(
  async () => (await import("../views/sessions/sign_in_page")).SignInPage,
  null,
);
const FirstAdministratorPage = later(
  async () => (await import("../views/sessions/first_administrator_page")).FirstAdministratorPage,
  null,
);

/** The children, unless somebody has to sign in first; the address stays the same meanwhile. */
export function Entrance({ children }: { children: ReactNode }) {
  const entrance = useEntrance();
  if (entrance === "open") return children;
  return (
    <ErrorBoundary key={entrance}>
      {entrance === "sign-in" ? <SignInPage /> : <FirstAdministratorPage />}
    </ErrorBoundary>
  );
}
