// All schedules, asked for again while they are looked at: they change when one fires, not by the second.
import { useEffect, useState } from "../vendor.js";
import { set } from "../clock.js";
import { useAsked } from "../asking.js";

const AGAIN_MS = 15_000;

export function useSchedules() {
  const [turn, setTurn] = useState(0);
  const found = useAsked("api/schedules", [turn]);
  useEffect(() => {
    const again = () => document.hidden || setTurn((n) => n + 1);
    const timer = setInterval(again, AGAIN_MS);
    document.addEventListener("visibilitychange", again);
    return () => (clearInterval(timer), document.removeEventListener("visibilitychange", again));
  }, []);
  useEffect(() => found.told && set(found.told.now), [found.told]);
  return found;
}
