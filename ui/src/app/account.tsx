/** The place of the account's menu, which comes once the page has what it asked for. */
import { useIsFetching } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { later } from "../widgets/later";

const AccountMenu = later(
  async () => (await import("../views/sessions/account_menu")).AccountMenu,
  null,
);

const REST = 300;

/** Who is signed in is asked last: nobody waits for that. */
export function Account() {
  const isFetching = useIsFetching() > 0;
  const [isDue, setDue] = useState(false);
  useEffect(() => {
    if (isFetching || isDue) return;
    const timer = setTimeout(() => setDue(true), REST);
    return () => clearTimeout(timer);
  }, [isFetching, isDue]);
  return isDue ? <AccountMenu /> : null;
}
