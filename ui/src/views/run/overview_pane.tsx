/** Everything about a run that is no single value: notes, origin, children, datasets, models. */

import { serverAddress } from "../../api/client";
import type { Run } from "../../api/types.gen";
import { runSnippet } from "../../data/snippets";
import { CodeBlock } from "../../widgets/copy";
import { Section } from "../../widgets/section";
import { AboutSection } from "./about_section";
import { CapturedSection } from "./captured_section";
import { ChildrenSection } from "./children_section";
import { DatasetsSection } from "./datasets_section";
import { ModelsSection } from "./models_section";
import { NotesSection } from "./notes_section";
import { ReproduceSection } from "./reproduce_section";

export function OverviewPane({ run }: { run: Run }) {
  return (
    <section className="overview" aria-label="Overview">
      <NotesSection run={run} />
      <AboutSection run={run} />
      <ReproduceSection run={run} />
      <CapturedSection run={run} />
      <ChildrenSection run={run} />
      <DatasetsSection run={run} />
      <ModelsSection run={run} />
      <Section title="Read it in Python">
        <div className="use-code">
          <CodeBlock code={runSnippet(serverAddress(), run.info.run_id)} />
        </div>
      </Section>
    </section>
  );
}
