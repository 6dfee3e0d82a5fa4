// The connection to the board: whole snapshots come in, and it mends itself. Only the newest is kept.

const RETRY_MS = 2000;
const GIVE_UP_MS = 20_000;  // an open connection that says nothing for so long is dead: the board says something every second

// A board with a token: it stands behind # in the address, which no server sees, and becomes a cookie that no script can read.
export async function signIn() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  try {
    await fetch("api/v1/session", {method: "POST", headers: {Authorization: `Bearer ${token}`}});
  } catch (error) {
    setTimeout(signIn, RETRY_MS);  // the board is away: the feed says so
  }
}

// Whether the board refuses because it wants its token.
async function isLocked() {
  try {
    return (await fetch("api/v1/queues")).status === 401;
  } catch (error) {
    return false;
  }
}

export function follow(url, heard) {
  let source = null, tried = 0, timer = null;

  function connect() {
    clearTimeout(timer);
    timer = null;
    if (source) source.close();
    tried = performance.now();
    source = new EventSource(url());
    for (const name of ["snapshot", "trends"]) {
      source.addEventListener(name, (event) => {
        tried = performance.now();
        heard(name, JSON.parse(event.data));
      });
    }
    // The browser comes back by itself when a connection breaks, but not when it was answered with an error.
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED || timer !== null) return;
      timer = setTimeout(connect, RETRY_MS * (1 + Math.random()));
      isLocked().then((locked) => heard("locked", locked));
    });
  }

  connect();
  return {
    again: connect,
    check() {
      if (timer === null && performance.now() - tried > GIVE_UP_MS) connect();
    },
  };
}
