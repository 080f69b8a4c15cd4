/** How a file is shown, by its name. */

export type FileKind =
  | "image"
  | "delimited"
  | "parquet"
  | "json"
  | "markdown"
  | "html"
  | "pdf"
  | "audio"
  | "video"
  | "notebook"
  | "model"
  | "binary"
  | "text";

const KINDS: [FileKind, RegExp][] = [
  ["image", /\.(png|jpe?g|gif|webp|avif|bmp|svg|ico)$/i],
  ["delimited", /\.(csv|tsv)$/i],
  ["parquet", /\.(parquet|pq)$/i],
  ["json", /\.json$/i],
  ["markdown", /\.(md|markdown)$/i],
  ["html", /\.html?$/i],
  ["pdf", /\.pdf$/i],
  ["audio", /\.(mp3|wav|ogg|oga|flac|m4a|aac|opus)$/i],
  ["video", /\.(mp4|webm|ogv|mov|m4v)$/i],
  ["notebook", /\.ipynb$/i],
  ["model", /(^|\/)MLmodel$/],
  [
    "binary",
    /\.(pkl|pickle|joblib|skops|cloudpickle|pt|pth|ckpt|bin|npy|npz|h5|hdf5|keras|onnx|safetensors|zip|gz|tar|tgz|xz|bz2|7z|zst|whl|ubj|model|arrow|feather|orc|db|sqlite)$/i,
  ],
];

/** What is not known to be something else is tried as text. */
export function fileKind(path: string): FileKind {
  return KINDS.find(([, pattern]) => pattern.test(path))?.[0] ?? "text";
}

const LANGUAGES: [language: string, pattern: RegExp][] = [
  ["python", /\.(py|pyi)$/i],
  ["json", /\.(json|jsonl|ndjson|ipynb)$/i],
  ["yaml", /(\.(ya?ml)|(^|\/)(MLmodel|MLproject))$/i],
  ["bash", /\.(sh|bash|zsh|env)$/i],
  ["ini", /\.(toml|ini|cfg|conf)$/i],
  ["sql", /\.sql$/i],
  ["r", /\.r$/i],
  ["julia", /\.jl$/i],
  ["javascript", /\.(m?js|jsx)$/i],
  ["typescript", /\.tsx?$/i],
  ["xml", /\.(xml|html?|svg)$/i],
  ["css", /\.css$/i],
  ["java", /\.(java|scala|kt)$/i],
  ["cpp", /\.(c|h|cc|cpp|hpp|cu)$/i],
  ["go", /\.go$/i],
  ["rust", /\.rs$/i],
  ["markdown", /\.(md|markdown)$/i],
  ["diff", /\.(diff|patch)$/i],
  ["dockerfile", /(^|\/)Dockerfile$/],
];

/** The language a file is written in; undefined for plain text and logs. */
export function languageOf(path: string): string | undefined {
  return LANGUAGES.find(([, pattern]) => pattern.test(path))?.[0];
}
