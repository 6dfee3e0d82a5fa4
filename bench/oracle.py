"""What the result must be: the job as SQL over the file of events. Shares nothing with those that are measured."""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench.job import OCTAVES, PANE_MS, SIZE, WINDOWS

SQL = """
create table e as
  select any_value(type) kind, entity_id, occurred_at t, queue || '|' || channel place, any_value(segment_id) segment,
         any_value(reason) reason, any_value(author_role) role, any_value(visibility) visibility
  from read_json('{path}', format = 'newline_delimited', columns = {{event_id: 'varchar', type: 'varchar',
       entity_id: 'varchar', occurred_at: 'bigint', queue: 'varchar', channel: 'varchar', segment_id: 'varchar',
       reason: 'varchar', author_role: 'varchar', visibility: 'varchar'}})
  where queue is not null group by event_id, entity_id, occurred_at, queue, channel;
create table stays as
  select entity_id, segment, any_value(place) place, min(t) filter (kind = 'queue.entered') entered,
         min(t) filter (kind = 'contact.answered') answered,
         min(t) filter (kind = 'queue.left' and reason = 'abandoned') abandoned,
         min(t) filter (kind in ('contact.ended', 'contact.transferred')) ended
  from e where segment is not null group by entity_id, segment;
create table tickets as
  select entity_id, any_value(place) place, min(t) filter (kind = 'ticket.created') created,
         min(t) filter (kind = 'ticket.message_added' and role = 'agent' and visibility = 'public') reply
  from e where kind like 'ticket.%' group by entity_id;
create table samples as
  select place, 'offered' field, entered t, 0 ms from stays where entered is not null
  union all select place, 'abandoned', abandoned, abandoned - entered from stays where entered < abandoned + 1
  union all select place, 'answered', answered, answered - entered from stays where entered < answered + 1
  union all select place, 'handled', ended, ended - answered from stays where answered < ended + 1
  union all select place, 'created', created, 0 from tickets where created is not null
  union all select place, 'replied', reply, reply - created from tickets where created < reply + 1;
"""


def results(path: Path) -> dict[str, dict[str, list[int]]]:
    """queue|channel -> window -> cell (``bench.job``)."""
    connection = duckdb.connect()
    connection.execute(SQL.format(path=path))
    last = last_pane(path)
    columns = [
        "count(*) filter (field = 'offered')",
        *(f"{what} filter (field = '{field}')"
          for field in ("abandoned", "answered", "handled") for what in ("count(*)", "sum(ms)")),
        "count(*) filter (field = 'created')",
        *(f"{what} filter (field = 'replied')" for what in ("count(*)", "sum(ms)")),
        *(f"count(*) filter (field = 'answered' and ms >= {(1 << i) >> 1} and ms < {1 << i})" for i in range(OCTAVES)),
    ]  # fmt: skip
    found: dict[str, dict[str, list[int]]] = {}
    for name, panes in {"all": 1 << 40, **WINDOWS}.items():
        query = f"select place, {', '.join(columns)} from samples where t // {PANE_MS} > {last - panes} group by place"
        for place, *cell in connection.execute(query).fetchall():
            found.setdefault(place, {})[name] = [int(value or 0) for value in cell]
    empty = [0] * SIZE
    return {place: {name: cells.get(name, empty) for name in ("all", *WINDOWS)} for place, cells in found.items()}


def last_pane(path: Path) -> int:
    """The pane of the newest event: there the windows end."""
    table = f"read_json('{path}', format = 'newline_delimited', columns = {{occurred_at: 'bigint'}})"
    row = duckdb.connect().execute(f"select max(occurred_at) from {table}").fetchone()
    assert row is not None
    return int(row[0]) // PANE_MS


def differences(found: dict[str, dict[str, list[int]]], expected: dict[str, dict[str, list[int]]]) -> list[str]:
    """What is not as it must be, in words."""
    return [
        f"{place} {name}: {found.get(place, {}).get(name)}, should be {cell}"
        for place, cells in expected.items()
        for name, cell in cells.items()
        if list(found.get(place, {}).get(name, [0] * SIZE)) != cell
    ]
