// Amounts of resources as people write them.
import { count } from "../../words.js";

const UNITS = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

/** @param {string} resource @param {number} n in the unit of the resource */
export function amount(resource, n) {
  if (!/memory|storage/.test(resource)) return count(Math.round(n * 100) / 100);
  const place = Math.min(5, Math.max(0, Math.floor(Math.log2(Math.max(n, 1)) / 10)));
  return `${count(Math.round((n / 2 ** (10 * place)) * 10) / 10)} ${UNITS[place]}`.trim();
}
