// The supervisor's view: made in the next step.
export function create() { return {turnTo() {}, draw: () => document.createElement("main")}; }
