/** Parquet files, read by ranges: the footer, then only the pages with the rows that are shown. */
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { readPart } from "./artifacts";
import { ExactNumber, type JsonValue } from "./json_values";

/** A file whose rows can be read. */
export interface ParquetFile {
  columns: { name: string; type: string }[];
  /** How many rows it holds. */
  total: number;
  /** The values of the rows from `start` on, by column; at most `count` rows. */
  rows: (start: number, count: number, columns: readonly string[]) => Promise<unknown[][]>;
}

/** Reads the footer of a file of `size` bytes. */
export async function openParquet(address: string, size: number): Promise<ParquetFile> {
  const { cachedAsyncBuffer, parquetMetadataAsync, parquetRead, parquetSchema } = await import(
    "hyparquet"
  );
  const ranges: AsyncBuffer = {
    byteLength: size,
    slice: async (start, end = size) => (await readPart(address, start, end - start)).bytes.buffer,
  };
  const file = cachedAsyncBuffer(ranges);
  const metadata = await parquetMetadataAsync(file);
  const compressors = await compressorsFor(metadata);
  const columns = parquetSchema(metadata).children.map(({ element, children }) => ({
    name: element.name,
    type: children.length > 0 ? "nested" : typeOf(element),
  }));
  return {
    columns,
    total: Number(metadata.num_rows),
    rows: (start, count, names) =>
      new Promise((resolve, reject) => {
        parquetRead({
          file,
          metadata,
          compressors,
          columns: [...names],
          rowStart: start,
          rowEnd: Math.min(Number(metadata.num_rows), start + count),
          useOffsetIndex: true,
          onComplete: resolve,
        }).catch(reject);
      }),
  };
}

type SchemaElement = FileMetaData["schema"][number];

function typeOf(element: SchemaElement): string {
  const logical = element.logical_type?.type ?? element.converted_type ?? element.type ?? "";
  return logical.toLowerCase();
}

/** Those that the file needs; Snappy the reader brings itself. */
async function compressorsFor(metadata: FileMetaData): Promise<Compressors> {
  const codecs = metadata.row_groups.flatMap(({ columns }) =>
    columns.map((column) => column.meta_data?.codec ?? "UNCOMPRESSED"),
  );
  const unknown = codecs.find((codec) => !READABLE.includes(codec));
  if (unknown) {
    throw new Error(
      `Its columns are compressed by ${unknown}; pages read ${READABLE.join(", ")}. Download it instead.`,
    );
  }
  const found: Compressors = {};
  if (codecs.includes("ZSTD")) {
    const { decompress } = await import("fzstd");
    found.ZSTD = (bytes) => decompress(bytes);
  }
  if (codecs.includes("GZIP")) {
    const { gunzipSync } = await import("fflate");
    found.GZIP = (bytes) => gunzipSync(bytes);
  }
  return found;
}

const READABLE: readonly string[] = ["UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"];

/** Values as JSON has them: dates as text, whole numbers of 64 bits with all their digits. */
export function plainRows(rows: readonly (readonly unknown[])[]): JsonValue[][] {
  return rows.map((row) => row.map((value) => plain(value)));
}

const MOST_BYTES_SHOWN = 32;

function plain(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") {
    return value;
  }
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : new ExactNumber(String(value));
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  }
  if (value instanceof Uint8Array) {
    const some = [...value.subarray(0, MOST_BYTES_SHOWN)];
    const hex = some.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${value.length} bytes: ${hex}${value.length > MOST_BYTES_SHOWN ? "…" : ""}`;
  }
  if (ArrayBuffer.isView(value)) return [...(value as Float64Array)].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
