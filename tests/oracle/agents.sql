-- Agents: what each is doing at every moment, as intervals between the points at which anything changes.
-- In: events, void, stays. Out: doing.

-- R30: class custom is a break (of an error, an error), logged in without a status is available. A routable status
-- that has the name of a state is that state.
create table said as
select entity as agent, at_ms, coalesce(seq, -1) as seq, type, event_id, nullif(team, '') as team,
       case
           when type = 'agent.logged_in' then 'available'
           when type = 'agent.logged_out' then 'offline'
           when type <> 'agent.status_changed' then null
           when class = 'offline' then 'offline'
           when class = 'custom' then case when status = 'error' then 'error' else 'break' end
           when status in ('available', 'on_contact', 'acw', 'ringing', 'error') then status
           else 'available'
       end as presence
from events
anti join void using (topic, entity)
where topic = 'agent.events' and type <> 'shift.scheduled';

create table points as
with changes as (
    select agent, at_ms, 0 as ringing, 0 as on_contact, 0 as acw from said
    union all
    select agent, unnest([start_at, end_at]),
           unnest([1, -1]) * (phase = 'ringing')::int, unnest([1, -1]) * (phase = 'on_contact')::int,
           unnest([1, -1]) * (phase = 'acw')::int
    from stays
    where end_at is null or end_at > start_at
),
summed as (
    select agent, at_ms, sum(ringing) as ringing, sum(on_contact) as on_contact, sum(acw) as acw
    from changes
    where at_ms is not null
    group by all
),
stated as (
    select agent, at_ms, last(presence order by seq, rank, event_id) filter (presence is not null) as presence,
           last(team order by seq, rank, event_id) filter (team is not null) as team
    from said join type_rank using (type)
    group by all
)
select agent, at_ms, lead(at_ms) over life as until,
       last_value(presence ignore nulls) over past as presence, coalesce(last_value(team ignore nulls) over past, '') as team,
       sum(ringing) over past as ringing, sum(on_contact) over past as on_contact, sum(acw) over past as acw
from summed left join stated using (agent, at_ms)
window life as (partition by agent order by at_ms),
       past as (partition by agent order by at_ms rows between unbounded preceding and current row);

-- R30: one state by precedence. R31: who was never seen online is nowhere. K17, K18: busy is on contact or wrapping up
-- while routable, idle is available; ringing and breaks are neither.
create table doing as
select *, state in ('on_contact', 'acw') and presence <> 'break' as is_busy, state = 'available' as is_idle
from (
    select agent, team, at_ms, until, presence,
           case
               when presence in ('offline', 'error') then presence
               when on_contact > 0 or presence = 'on_contact' then 'on_contact'
               when acw > 0 or presence = 'acw' then 'acw'
               when ringing > 0 or presence = 'ringing' then 'ringing'
               else presence
           end as state
    from points
    where presence is not null
);
