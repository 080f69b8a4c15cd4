/** The secret of a new token, shown once, with the lines that use it. */
import { serverAddress } from "../../api/client";
import type { NewToken } from "../../api/types.gen";
import { shellWord } from "../../data/snippets";
import { Button } from "../../widgets/button";
import { CodeBlock } from "../../widgets/copy";
import { Dialog } from "../../widgets/dialog";

export function SecretDialog({ made, onClose }: { made: NewToken; onClose: () => void }) {
  const server = shellWord(serverAddress());
  return (
    <Dialog title={`Token “${made.token.name}”`} onClose={onClose}>
      <div className="name-form">
        <p className="form-note">
          <b>Copy it now: it is not shown again.</b>
        </p>
        <CodeBlock code={made.secret} />
        <p className="form-note">For scripts, in the environment of what runs them:</p>
        <CodeBlock
          code={`export MLFLOW_TRACKING_URI=${server}\nexport MLFLOW_TRACKING_TOKEN=${made.secret}`}
        />
        <p className="form-note">Or kept on a machine, for all scripts and commands there:</p>
        <CodeBlock code={`millstream login ${server} --token-stdin <<< ${made.secret}`} />
        <div className="row-of-buttons">
          <Button tone="accent" onClick={onClose}>
            I have copied it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
