/** What became of the rows of an import, as a file for spreadsheets. */

import { cell, download } from "../find/csv.js";
import { reasonText } from "./reasons.js";

export { download };

/** @param {import("./upload.js").Line[]} lines */
export function reportCsv(lines) {
  const rows = lines.map(({ row, outcome, field, value, reason }) => [String(row), outcome, field ?? "", value ?? "", reasonText(reason).text]);
  const text = [["row", "outcome", "field", "value", "reason"], ...rows].map((row) => row.map(cell).join(","));
  return `\ufeff${text.join("\r\n")}\r\n`;
}
