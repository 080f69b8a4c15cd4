/** Rows as a Parquet file; loaded only when someone wants one. */
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { FileColumn, FileWriter } from "./file_writer";

/** One row group for each page; numbers as DOUBLE, texts as UTF-8, what is absent as null. */
export function parquetWriter(columns: readonly FileColumn[]): FileWriter {
  const bytes = new ByteWriter();
  const file = new ParquetWriter({
    writer: bytes,
    createdBy: "Millstream",
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.map(({ name, isNumber }) =>
        isNumber
          ? { name, type: "DOUBLE" as const, repetition_type: "OPTIONAL" as const }
          : {
              name,
              type: "BYTE_ARRAY" as const,
              converted_type: "UTF8" as const,
              repetition_type: "OPTIONAL" as const,
            },
      ),
    ],
  });
  return {
    write: (rows) => {
      if (rows.length === 0) return;
      file.write({
        columnData: columns.map(({ name }, at) => ({
          name,
          data: rows.map((row) => row[at] ?? null),
        })),
      });
    },
    finish: () => {
      file.finish();
      return [bytes.getBytes() as Uint8Array<ArrayBuffer>];
    },
  };
}
