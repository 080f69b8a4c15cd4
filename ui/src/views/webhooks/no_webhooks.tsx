/** What stands where the webhooks would be if there were any. */
import { serverAddress } from "../../api/client";
import { shellWord } from "../../data/snippets";
import { CodeBlock } from "../../widgets/copy";
import { Empty } from "../../widgets/panels";

/** Says what one is for, and the commands that make the first. */
export function NoWebhooks() {
  return (
    <Empty title="No webhooks yet">
      <p>
        A webhook is an https address that the server calls when something happens in the model
        registry: a version is registered, moves to Production, gets an alias. One is made here, or
        by two commands:
      </p>
      <CodeBlock
        code={`export MILLSTREAM_TRACKING_URI=${shellWord(serverAddress())}
millstream webhooks create -n deploy --url https://ci.example.com/hook --event model_version_stage.updated`}
      />
    </Empty>
  );
}
