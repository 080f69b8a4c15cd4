/** The tokens of whoever is signed in or, for administrators, of a service account. */

import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { NewToken, Token } from "../../api/types.gen";
import { changeQuery, useAddress } from "../../data/address";
import { sessionQuery } from "../../data/session";
import { useTokenChanges, useTokens } from "../../data/tokens";
import { Button } from "../../widgets/button";
import { FormDialog } from "../../widgets/form_dialog";
import { Grid } from "../../widgets/grid";
import { say } from "../../widgets/notices";
import { Empty, Failure, Loading, Stale } from "../../widgets/panels";
import { useTitle } from "../../widgets/title";
import { useIsNarrow } from "../../widgets/width";
import { NoUsers } from "../sessions/switched_off";
import { NewTokenDialog } from "./new_token_dialog";
import { PasswordDialog } from "./password_dialog";
import { SecretDialog } from "./secret_dialog";
import { tokenColumns } from "./tokens_columns";

const NO_TOKENS: Token[] = [];

export function TokensPage() {
  const { data: session } = useQuery(sessionQuery());
  const of = useAddress().query.get("of");
  useTitle(of ? `Tokens of ${of}` : "My tokens");
  if (!session) return <Loading />;
  if (!session.is_controlled || !session.username) return <NoUsers />;
  return <TokensOf username={of ?? session.username} isOwn={of === null} />;
}

type Asked = { kind: "create" | "password" } | { kind: "revoke"; token: Token };

function TokensOf({ username, isOwn }: { username: string; isOwn: boolean }) {
  const found = useTokens(username);
  const tokens = found.data ?? NO_TOKENS;
  const { query } = useAddress();
  const [changed, setAsked] = useState<Asked>();
  const asked: Asked | undefined = query.get("new") ? { kind: "create" } : changed;
  const [made, setMade] = useState<NewToken>();
  const close = () => {
    setAsked(undefined);
    changeQuery({ new: "" });
  };
  const retry = () => void found.refetch();
  return (
    <div className="page">
      <div className="toolbar">
        <span className="count">
          {isOwn ? "Signed in as" : "Service account"} <b className="ellipsis">{username}</b>
        </span>
        <span className="push" />
        {isOwn && (
          <Button icon="pencil" onClick={() => setAsked({ kind: "password" })}>
            Change password
          </Button>
        )}
        <Button icon="plus" tone="accent" onClick={() => changeQuery({ new: "1" })}>
          New token
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && tokens.length > 0 && <Stale error={found.error} retry={retry} />}
      {found.isError && tokens.length === 0 && (
        <Failure what="The tokens could not be loaded" error={found.error} retry={retry} />
      )}
      {found.isSuccess && tokens.length === 0 && <NoTokens />}
      {tokens.length > 0 && (
        <TokenGrid tokens={tokens} onRevoke={(token) => setAsked({ kind: "revoke", token })} />
      )}
      {asked?.kind === "create" && (
        <NewTokenDialog username={username} onMade={setMade} onClose={close} />
      )}
      {asked?.kind === "password" && <PasswordDialog username={username} onClose={close} />}
      {asked?.kind === "revoke" && <RevokeDialog token={asked.token} onClose={close} />}
      {made && <SecretDialog made={made} onClose={() => setMade(undefined)} />}
    </div>
  );
}

interface TokenGridProps {
  tokens: readonly Token[];
  onRevoke: (token: Token) => void;
}

function TokenGrid({ tokens, onRevoke }: TokenGridProps) {
  const isNarrow = useIsNarrow();
  const [widths, setWidths] = useState<Record<string, number>>({});
  const columns = useMemo(
    () => tokenColumns({ nameSize: isNarrow ? 140 : 260, onRevoke }),
    [isNarrow, onRevoke],
  );
  return (
    <Grid
      label="Tokens"
      rows={tokens}
      rowId={(token) => token.token_id}
      columns={columns}
      widths={widths}
      onWidths={setWidths}
      onOpen={() => undefined}
    />
  );
}

function NoTokens() {
  return (
    <Empty title="No tokens yet">
      <p>
        A token lets a script, a notebook or a job in instead of a password. It carries no more than
        it was made for, ends by itself, and can be revoked alone.
      </p>
    </Empty>
  );
}

/** Asks first: a token that is revoked cannot be brought back, since nobody keeps its secret. */
function RevokeDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const changes = useTokenChanges();
  const revoke = async () => {
    await changes.revoke(token.token_id);
    say(`Revoked “${token.name}”`);
  };
  return (
    <FormDialog title="Revoke token" action="Revoke" isGrave onSave={revoke} onClose={onClose}>
      <p className="form-note">
        Whatever shows <b>{token.name}</b> is refused from now on. It cannot be brought back.
      </p>
    </FormDialog>
  );
}
