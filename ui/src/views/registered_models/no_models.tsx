/** What stands where the models would be if there were any. */
import { serverAddress } from "../../api/client";
import { changeQuery } from "../../data/address";
import { pythonText } from "../../data/snippets";
import { Button } from "../../widgets/button";
import { CodeBlock } from "../../widgets/copy";
import { Empty } from "../../widgets/panels";

/** Says why there are none, and what brings the first. */
export function NoModels({ text, isRefused }: { text: string; isRefused: boolean }) {
  if (isRefused) {
    return (
      <Empty title="The filter cannot be read">
        <p>What is wrong stands below the box. Examples:</p>
        <CodeBlock
          code={"name like 'house%'\ntags.team = 'risk' and tags.`reviewed by` ilike '%ann%'"}
        />
      </Empty>
    );
  }
  if (text) {
    return (
      <Empty title="No model matches the filter">
        <p className="row-of-buttons">
          <Button icon="close" onClick={() => changeQuery({ filter: "" })}>
            Clear the filter
          </Button>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No registered models yet">
      <p>
        A registered model is a name under which versions are kept, with stages, aliases and a
        history. A run’s page registers what the run logged; so do three lines of Python:
      </p>
      <CodeBlock
        code={`import millstream\nmillstream.set_tracking_uri(${pythonText(serverAddress())})\nmillstream.register_model("models:/<model_id>", "house-prices")`}
      />
      <p>Or one command:</p>
      <CodeBlock code="millstream models register --run-id <run_id> --name house-prices" />
    </Empty>
  );
}
