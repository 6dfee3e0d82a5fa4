-- Rows of agents: their time is cut at the borders of the window, each interval is intersected with it.
-- In: doing, moment, wanted. Out: kpi_rows.

-- A window that begins with the first event has all that was told of the time before: since when a heartbeat says that
-- a status holds, and what was planned.
create or replace table cut as
select team_to, case when team_from = (select min(at_ms) from arrivals) then 0 else team_from end as team_from
from moment;

create or replace table worked as
select *, least(coalesce(until, c.team_to), c.team_to) - greatest(at_ms, c.team_from) as ms
from doing, cut c
where at_ms < c.team_to and coalesce(until, c.team_to) > c.team_from;

create or replace table hours as
select team, coalesce(sum(ms) filter (is_busy), 0) as busy, coalesce(sum(ms) filter (is_busy or is_idle), 0) as ready,
       coalesce(sum(ms * least(1, coalesce(used, 1))) filter (is_busy), 0) as used,
       coalesce(sum(ms) filter (is_routable), 0) as routable, coalesce(sum(ms) filter (is_online), 0) as online,
       coalesce(sum(ms * coalesce(chats, 0)) filter (is_online), 0) as chats,
       coalesce(sum(ms) filter (is_paid), 0) as paid, coalesce(sum(ms) filter (is_planned), 0) as planned,
       coalesce(sum(ms) filter (adheres), 0) as adhered
from worked
group by grouping sets ((team), ());

insert into kpi_rows by name
select kpi, 'value' as stat, team, part / whole as value, whole / 1000 as count
from (
    select team, unnest([
        {'kpi': 'occupancy_ratio', 'part': busy::double, 'whole': ready},
        {'kpi': 'capacity_occupancy_ratio', 'part': used::double, 'whole': routable},
        {'kpi': 'utilization_ratio', 'part': ready::double, 'whole': paid},
        {'kpi': 'adherence_ratio', 'part': adhered::double, 'whole': planned},
        {'kpi': 'concurrent_chats', 'part': chats::double, 'whole': online}  -- R16
    ], recursive := true)
    from hours
), wanted
where wanted.flows and whole > 0;

-- The teams that have been seen, and whatever is over all of them.
create or replace table teams as
select distinct unnest([team, null]) as team, unnest([false, true]) as is_total
from doing, moment m
where at_ms < m.seen_to and coalesce(until >= m.seen_from, true);

-- R32: time online, breaks included. S8: busy time, of which occupancy is the share.
insert into kpi_rows by name
select unnest(['staffed_hours', 'occupied_hours']) as kpi, 'value' as stat, t.team,
       unnest([coalesce(h.online, 0), coalesce(h.busy, 0)]) / 3600000 as value, value as count
from teams t
left join hours h on h.team is not distinct from t.team
cross join wanted
where wanted.flows;

create or replace table states as
select state, team, coalesce(chats, 0) as chats, is_online
from doing, moment m
where at_ms < m.seen_to and coalesce(until >= m.seen_to, true) and state is not null;

-- R03: totals over states and over teams; R02: every team that was seen has every state.
insert into kpi_rows by name
with every as (
    select team, unnest([null, 'available', 'on_contact', 'acw', 'ringing', 'break', 'error', 'offline', 'unknown']) as state
    from teams
)
select 'agents' as kpi, 'value' as stat, e.team, e.state, count(s.state) as value, value as count
from (select * from every, wanted where wanted.levels) e
left join states s on (e.team is null or s.team = e.team) and (e.state is null or s.state = e.state)
group by e.team, e.state;

-- R16: now the open chats for each agent online
insert into kpi_rows by name
select 'concurrent_chats' as kpi, 'value' as stat, t.team, sum(s.chats) / count(*) as value, count(*) as count
from teams t
join states s on (t.team is null or s.team = t.team) and s.is_online
cross join wanted
where wanted.levels and not wanted.flows
group by t.team;
