/** What stands in the place of pages that a server has with some option only. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { sessionQuery } from "../../data/session";
import { AdminTabs } from "../../widgets/admin_tabs";
import { CodeBlock } from "../../widgets/copy";
import { Empty, Failure, Loading } from "../../widgets/panels";

/** A page about users, on a server that knows them. */
export function WithUsers({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery(sessionQuery());
  if (data) return data.is_controlled ? children : inAdmin(<NoUsers />);
  return error ? <Unknown error={error} retry={() => void refetch()} /> : <Loading />;
}

/** A page about workspaces, on a server that has them. */
export function WithWorkspaces({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery(sessionQuery());
  if (data) return data.workspace ? children : inAdmin(<NoWorkspaces />);
  return error ? <Unknown error={error} retry={() => void refetch()} /> : <Loading />;
}

/** Says that nobody signs in, and what would change that. */
export function NoUsers() {
  return (
    <Empty title="This server knows no users">
      <p>
        Everybody who reaches it may do everything, and nobody needs a token. Started with this
        option it has people sign in, and prints the address that makes the first administrator:
      </p>
      <CodeBlock code="millstream server --auth" />
    </Empty>
  );
}

function NoWorkspaces() {
  return (
    <Empty title="This server has no workspaces">
      <p>
        Workspaces keep teams apart on one server: each has experiments and models of its own. A
        server has them when it is started with this option:
      </p>
      <CodeBlock code="millstream server --enable-workspaces" />
    </Empty>
  );
}

function Unknown({ error, retry }: { error: Error; retry: () => void }) {
  return <Failure what="What this server offers is not known" error={error} retry={retry} />;
}

function inAdmin(note: ReactNode) {
  return (
    <div className="page">
      <div className="toolbar">
        <AdminTabs />
      </div>
      {note}
    </div>
  );
}
