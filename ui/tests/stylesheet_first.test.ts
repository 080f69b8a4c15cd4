import { expect, test } from "vitest";
import { withStylesheetsFirst } from "../build_steps/stylesheet_first";

test("what the page is painted with is asked for before what it does", () => {
  const page = `<head>
    <script src="./theme.js"></script>
    <script type="module" crossorigin src="./assets/index-1.js"></script>
    <link rel="modulepreload" crossorigin href="./assets/react-2.js">
    <link rel="stylesheet" crossorigin href="./assets/index-3.css">
    <link rel="stylesheet" crossorigin href="./assets/other-4.css">
  </head>`;
  expect(withStylesheetsFirst(page)).toBe(`<head>
    <script src="./theme.js"></script>
    <link rel="stylesheet" crossorigin href="./assets/index-3.css">
    <link rel="stylesheet" crossorigin href="./assets/other-4.css">
    <script type="module" crossorigin src="./assets/index-1.js"></script>
    <link rel="modulepreload" crossorigin href="./assets/react-2.js">
  </head>`);
});

test("a page without stylesheets stays as it is", () => {
  const page = '<head>\n<script type="module" src="a.js"></script>\n</head>';
  expect(withStylesheetsFirst(page)).toBe(page);
});
