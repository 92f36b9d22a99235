// What a row of the steps says in one line.
import { phaseWord, t, visible } from "../words.js";

const PLAIN = new Set(["", "Completed", "Running"]);

/** Why a step stands as it does, in one line. @param {import("./tree.js").Row} row */
export function why(row) {
  const undo = row.undo && t("undo", { phase: phaseWord(row.undo) });
  const reason = PLAIN.has(row.reason) || row.reason === row.phase ? "" : row.reason;
  const words = [reason, row.message].filter(Boolean).join(": ");
  return visible([row.orphan && t("orphan"), !row.made && t("not.made"), words, undo].filter(Boolean).join("; "));
}
