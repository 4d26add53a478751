// What is wrong at a client: what it writes by `console.warn` and `console.error`, and what tests note themselves. It is collected,
// so that one run shows all of it, and fails the test at the end of a step.
import { format } from "node:util";

const heard = [];
let place = "start";
for (const level of ["warn", "error"]) {
  console[level] = (...parts) => note(format(...parts));
}

/** Something is wrong. */
export function note(problem) {
  heard.push(`${place}: ${problem}`);
}

/** What the client is doing from now on. */
export function at(doing) {
  place = doing;
}

/** What was noted since the last call. */
export function takeProblems() {
  return heard.splice(0);
}

/** Fails if anything was noted since the last call. */
export function assertNoProblem() {
  const problems = takeProblems();
  if (problems.length > 0) throw new Error(`${problems.length} problems:\n${problems.join("\n")}`);
}
