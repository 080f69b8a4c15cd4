/** What stands where a model's versions would be. */
import { serverAddress } from "../../api/client";
import { pythonText, shellWord } from "../../data/snippets";
import { CodeBlock } from "../../widgets/copy";
import { Empty } from "../../widgets/panels";

export function NoVersions({ name }: { name: string }) {
  return (
    <Empty title="No versions yet">
      <p>
        Register what a run logged: on the run’s page, or by three lines of Python where{" "}
        <code>model_id</code> is what <code>log_model</code> returned:
      </p>
      <CodeBlock
        code={`import millstream\nmillstream.set_tracking_uri(${pythonText(serverAddress())})\nmillstream.register_model(f"models:/{model_id}", ${pythonText(name)})`}
      />
      <p>Or by one command:</p>
      <CodeBlock code={`millstream models register --run-id <run_id> --name ${shellWord(name)}`} />
    </Empty>
  );
}
