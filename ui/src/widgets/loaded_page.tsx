/** A page about one thing: while it loads, if it cannot be loaded, and above what may be out of date. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure, Loading, Stale } from "./panels";

interface LoadedPageProps<Data> {
  found: UseQueryResult<Data>;
  /** The thing, with its article, as it begins a sentence. */
  what: string;
  children: (data: Data) => ReactNode;
}

export function LoadedPage<Data>({ found, what, children }: LoadedPageProps<Data>) {
  const retry = () => void found.refetch();
  if (found.isPending) return <Loading />;
  if (found.data === undefined) {
    return <Failure what={`${what} could not be loaded`} error={found.error} retry={retry} />;
  }
  return (
    <div className="page">
      {found.isError && <Stale error={found.error} retry={retry} />}
      {children(found.data)}
    </div>
  );
}
