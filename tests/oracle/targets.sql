-- Service targets (R29, R29b-R29e): what was owed on which ticket or contact, when it was due, and what came of it.
-- In: events, ticket_events, births, statuses, solves, talk_of_tickets, contact_events, waits, tickets, whereabouts,
-- openings, promises. Out: verdicts (one row a debt that is decided), owed (those that run), facts.

-- A debt: something owed from start_ms on; given or cancelled at end_ms, or neither so far.
create table debts as
with
-- R17, R19: each wait for an answer. Whoever got it solved waits for no next reply.
exchanges as (
    select topic, entity, breaks, min(n) filter (who = 'customer') as start_n,
           min(at_ms) filter (who = 'customer') as start_ms,
           min(n) filter (who = 'agent') as given_n, bool_or(is_first) as is_first,
           bool_or(is_split) as is_split
    from talk_of_tickets group by all
),
of_tickets as (
    select x.*, not is_split and not exists (
               select 1 from exchanges e
               where e.topic = x.topic and e.entity = x.entity and e.breaks < x.breaks and e.start_n is not null
           ) as is_first_wait
    from exchanges x where x.start_n is not null
),
of_chats as (
    select topic, entity, answers, min(n) filter (role = 'customer') as start_n,
           min(at_ms) filter (role = 'customer') as start_ms
    from (
        select *, count(*) filter (role = 'agent') over (partition by topic, entity order by n) -
                  (role = 'agent')::int as answers
        from contact_events where type = 'message' and not is_auto and role in ('customer', 'agent')
    ) group by all
),
every as (
    select o.topic, o.entity, case when is_first_wait then 'first_response' else 'next_reply' end as metric,
           b.at_ms as born_ms, o.start_ms, g.n as given_n, g.at_ms as given_ms,
           case when not is_first_wait then (
               select min(s.at_ms) from statuses s
               where s.topic = o.topic and s.entity = o.entity and s.is_solved and not s.is_early and s.n > o.start_n
           ) end as cancelled_ms
    from of_tickets o join births b using (topic, entity)
    left join ticket_events g on g.topic = o.topic and g.entity = o.entity and g.n = o.given_n
    union all by name
    select o.topic, o.entity, case when o.start_n = min(o.start_n) over (partition by o.topic, o.entity)
               then 'first_response' else 'next_reply' end as metric,
           o.start_ms as born_ms, o.start_ms, g.n as given_n, g.at_ms as given_ms,
           case when o.start_n <> min(o.start_n) over (partition by o.topic, o.entity) then (
               select min(c.at_ms) from contact_events c
               where c.topic = o.topic and c.entity = o.entity and c.type = 'contact.ended' and c.n > o.start_n
           ) end as cancelled_ms
    from of_chats o
    left join (
        select topic, entity, n, at_ms,
               count(*) over (partition by topic, entity order by n) - 1 as answers
        from contact_events where type = 'message' and not is_auto and role = 'agent'
    ) g using (topic, entity, answers)
    where o.start_n is not null
    union all by name
    select b.topic, b.entity, 'resolution' as metric, b.at_ms as born_ms, b.at_ms as start_ms, s.n as given_n,
           s.at_ms as given_ms, null::bigint as cancelled_ms
    from births b left join solves s on s.topic = b.topic and s.entity = b.entity
    union all by name
    select topic, entity, 'answer' as metric, begin_at as born_ms, begin_at as start_ms,
           case when outcome = 'answered' then n end as given_n,
           case when outcome = 'answered' then at_ms end as given_ms,
           case when outcome <> 'answered' then at_ms end as cancelled_ms
    from waits where not is_early
)
select row_number() over () as debt, topic, entity, metric, born_ms, start_ms,
       least(given_ms, cancelled_ms) as end_ms,
       case when given_ms <= coalesce(cancelled_ms, given_ms) then given_n end as given_n
from every;

-- What a target is matched by, from when on: queue and channel in force, priority and tier as last said.
create table traits as
with said as (
    select e.topic, e.entity, e.n, e.at_ms, e.queue, e.channel,
           case when e.type in ('ticket.created', 'ticket.split') and e.n = b.n then coalesce(e.priority, '')
               when e.type = 'ticket.priority_changed' and e.n > b.n then coalesce(e.priority, '')
               when e.type = 'queue.entered' and coalesce(nullif(e.priority, ''), e.tier) is not null
                   then coalesce(e.priority, '') end as priority_said,
           case when e.type in ('ticket.created', 'ticket.split') and e.n = b.n then coalesce(e.tier, '')
               when e.type = 'ticket.fields_changed' and e.n > b.n then nullif(e.tier, '')
               when e.type = 'queue.entered' and coalesce(nullif(e.priority, ''), e.tier) is not null
                   then coalesce(e.tier, '') end as tier_said
    from events e left join births b using (topic, entity)
    where e.topic in ('ticket.events', 'chat.events', 'call.events')
)
select topic, entity, n, at_ms, queue, channel,
       coalesce(last_value(priority_said ignore nulls) over past, '') as priority,
       coalesce(last_value(tier_said ignore nulls) over past, '') as tier
from said
window past as (partition by topic, entity order by n rows between unbounded preceding and current row);

-- R29d: when a debt runs: a resolution while the ticket is neither pending nor solved nor closed, any other all the time.
create table status_stays as
with states as (
    select b.topic, b.entity, b.n, b.at_ms, 'new' as status from births b
    union all
    select s.topic, s.entity, s.n, s.at_ms, e.status_to
    from statuses s join ticket_events e on e.topic = s.topic and e.entity = s.entity and e.n = s.order_n
)
select *, coalesce(lead(at_ms) over (partition by topic, entity order by n, (status <> 'new')::int), 1152921504606846976)
               as until_ms
from states;

create table runs as
select debt, start_ms as from_ms, 1152921504606846976 as until_ms from debts where metric <> 'resolution'
union all
select d.debt, s.at_ms, s.until_ms
from debts d join status_stays s using (topic, entity)
where d.metric = 'resolution' and s.status in ('new', 'open', 'on_hold') and s.at_ms < s.until_ms;

-- A debt's life, cut where another target may come to match, or its clock stops or goes on.
create table epochs as
with borders as (
    select debt, start_ms as at_ms from debts
    union
    select d.debt, t.at_ms from debts d join traits t using (topic, entity)
    where t.at_ms > d.start_ms and t.at_ms < coalesce(d.end_ms, 1152921504606846976)
    union
    select d.debt, unnest([r.from_ms, r.until_ms]) as at_ms from debts d join runs r using (debt)
    where d.metric = 'resolution'
),
pieces as (
    select b.debt, b.at_ms as from_ms, d.*  exclude (debt),
           lead(b.at_ms) over (partition by b.debt order by b.at_ms) as next_ms
    from borders b join debts d using (debt)
    where b.at_ms >= d.start_ms and b.at_ms < coalesce(d.end_ms, 1152921504606846976)
       or b.at_ms = d.start_ms
)
select p.*, t.queue, t.channel, t.priority, t.tier,
       exists (select 1 from runs r where r.debt = p.debt and r.from_ms <= p.from_ms and r.until_ms > p.from_ms) as is_running,
       -- R29c: only an open ticket's targets are replaced
       p.metric = 'resolution' and exists (
           select 1 from status_stays s
           where s.topic = p.topic and s.entity = p.entity and s.status in ('solved', 'closed')
               and s.at_ms <= p.from_ms and s.until_ms > p.from_ms
       ) as is_solved
from pieces p
asof join (
    select topic, entity, at_ms, arg_max(queue, n) as queue, arg_max(channel, n) as channel,
           arg_max(priority, n) as priority, arg_max(tier, n) as tier
    from traits group by all
) t on t.topic = p.topic and t.entity = p.entity and t.at_ms <= p.from_ms
where t.queue is not null;

create table matched as
select e.debt, e.from_ms, p.target, p.limit_ms, p.warn_ms, p.is_business
from epochs e
join promises p on p.metric = e.metric and not e.is_solved and e.born_ms >= p.from_ms and e.born_ms < p.until_ms
    and (p.queues is null or list_contains(p.queues, e.queue))
    and (p.priorities is null or list_contains(p.priorities, e.priority))
    and (p.tiers is null or list_contains(p.tiers, e.tier))
qualify row_number() over (partition by e.debt, e.from_ms order by p.precedence) = 1;

-- The time that counts for the target of an epoch: since the debt's start, as if nothing more were to happen.
create table counting as
with going as (
    select e.debt, e.from_ms, e.topic, e.entity, m.limit_ms, m.warn_ms, m.is_business, r.from_ms as low,
           case when r.until_ms > e.from_ms then 1152921504606846976 else r.until_ms end as high
    from epochs e join matched m using (debt, from_ms) join runs r using (debt)
    where r.from_ms <= e.from_ms
),
by_hours as (
    select g.*, w.schedule, greatest(g.low, w.from_ms) as since,
           least(g.high, case when w.to_ms > g.from_ms then 1152921504606846976 else w.to_ms end) as until
    from going g join whereabouts w using (topic, entity)
    where g.is_business and w.from_ms <= g.from_ms
),
open as (
    select debt, from_ms, limit_ms, warn_ms, low as since, high as until from going where not is_business
    union all
    select debt, from_ms, limit_ms, warn_ms, since, until from by_hours where schedule is null and since < until
    union all
    select h.debt, h.from_ms, h.limit_ms, h.warn_ms, greatest(h.since, o.open_ms), least(h.until, o.close_ms)
    from by_hours h join openings o on o.schedule = h.schedule and o.open_ms < h.until and o.close_ms > h.since
    where h.since < h.until
)
select *, sum(until - since) over (partition by debt, from_ms order by since) as passed from open;

create table dues as
select debt, from_ms,
       min(until - (passed - limit_ms)) filter (passed >= limit_ms) as due_ms,
       min(until - (passed - (limit_ms - warn_ms))) filter (passed >= limit_ms - warn_ms) as warn_at_ms
from counting
group by all;

create table promised as
select e.*, m.target, case when e.is_running or d.due_ms <= e.from_ms then d.due_ms end as due_ms,
       case when m.warn_ms = 0 then null when m.limit_ms <= m.warn_ms then e.start_ms else d.warn_at_ms end as warn_at_ms
from epochs e left join matched m using (debt, from_ms) left join dues d using (debt, from_ms);

-- R29e: missed at the due time of the first epoch in which it passes.
create table misses as
select * from promised
where due_ms < coalesce(next_ms, end_ms, 1152921504606846976) and due_ms < coalesce(end_ms, 1152921504606846976)
qualify row_number() over (partition by debt order by from_ms) = 1;

-- R29b: met by what was given, where nothing was missed.
create table kept as
select * from promised
where given_n is not null
qualify row_number() over (partition by debt order by from_ms desc) = 1;

insert into facts
select 'target', 'missed/' || target, topic, entity, 0, (due_ms + 9999) // 10000 * 10000, 0, queue, channel from misses
union all
select 'target', 'met/' || target, topic, entity, given_n, end_ms, 0, queue, channel
from kept anti join misses using (debt) where target is not null;

insert into facts
select 'target/' || p.target, 'seen', p.topic, p.entity, 0, p.from_ms, 0, p.queue, p.channel
from promised p left join misses m using (debt)
where p.target is not null and p.from_ms <= coalesce(m.from_ms, p.from_ms);

-- What runs: it is shown with its due time, also past it; nobody works on what is solved or has gone.
create table owed as
with last_epoch as (
    select * from promised qualify row_number() over (partition by debt order by from_ms desc) = 1
),
gone as (
    select w.topic, w.entity from waits w
    where wait = (select max(wait) from waits l where l.topic = w.topic and l.entity = w.entity)
      and outcome is not null and outcome <> 'answered'
    union
    select topic, entity from contact_events where type = 'contact.ended'
)
select coalesce(m.target, l.target) as target, coalesce(m.due_ms, l.due_ms) as due_ms,
       case when m.debt is not null then m.warn_at_ms else l.warn_at_ms end as warn_at_ms,
       coalesce(m.queue, l.queue) as queue, coalesce(m.channel, l.channel) as channel
from last_epoch l
left join misses m using (debt)
left join tickets t on t.topic = l.topic and t.entity = l.entity
anti join gone g on g.topic = l.topic and g.entity = l.entity
where l.end_ms is null and l.is_running and coalesce(t.is_unsolved, true) and coalesce(m.due_ms, l.due_ms) is not null;
