// For what steps wait, in a few kinds that have colours of their own.

const KINDS = {
  WaitingForResources: "room", QuotaExceeded: "room", NeverFits: "room", QueuedByKueue: "room",
  Outranked: "turn", ReservedForHigherRank: "turn", PlannedLater: "turn",
  Parallelism: "limit", WaitingForApproval: "approval", Starting: "starting", Backoff: "backoff",
  Suspended: "held", Replacing: "held",
};

/** The kinds in the order of the legend. */
export const WAITS = ["room", "turn", "limit", "approval", "starting", "backoff", "held", "other"];

/** @param {string} reason */
export const waitKind = (reason) => KINDS[reason] ?? "other";

/** How an attempt stands or ended, as a phase. @param {import("./times.js").Bar} bar */
export function phaseOf({ kind, end, reason }) {
  if (end === null) return kind === "undo" ? "Undoing" : "Running";
  if (reason === "Completed") return kind === "undo" ? "Undoing" : "Succeeded";
  return reason ? "Failed" : "Cancelled";
}
