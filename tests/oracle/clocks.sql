-- The second clock (K11, K12): business time runs while the queue is open, each second by the hours then in force.
-- In: facts, events, queue_schedules, openings, waited_for. Out: facts of the kinds x:business.

-- Where a ticket or contact was, from when to when: in the first queue since ever.
create table whereabouts as
with moves as (
    select topic, entity, n, at_ms, queue, lag(queue) over life as queue_before
    from events
    where queue is not null
    window life as (partition by topic, entity order by n)
)
select topic, entity, schedule, case when queue_before is null then 0 else at_ms end as from_ms,
       coalesce(lead(at_ms) over life, 1152921504606846976) as to_ms
from moves left join queue_schedules using (queue)
where queue is distinct from queue_before
window life as (partition by topic, entity order by n);

create table spells as
select topic, entity, at_ms - value as start_ms, at_ms as end_ms
from facts
where kind in ('first_response', 'first_response_human', 'next_reply', 'first_solved', 'solved')
union
select topic, entity, start_ms, end_ms from waited_for;

create table business_spells as
select s.topic, s.entity, s.start_ms, s.end_ms,
       sum(case
           when w.schedule is null then greatest(0, least(s.end_ms, w.to_ms) - greatest(s.start_ms, w.from_ms))
           else coalesce((
               select sum(greatest(0, least(s.end_ms, w.to_ms, o.close_ms) - greatest(s.start_ms, w.from_ms, o.open_ms)))
               from openings o
               where o.schedule = w.schedule and o.open_ms < s.end_ms and o.close_ms > s.start_ms
           ), 0)
       end) as ms
from spells s
join whereabouts w using (topic, entity)
group by all;

insert into facts
select f.family, f.kind || ':business', f.topic, f.entity, f.n, f.at_ms, b.ms, f.queue, f.channel
from facts f
join business_spells b on b.topic = f.topic and b.entity = f.entity and b.start_ms = f.at_ms - f.value
    and b.end_ms = f.at_ms
where f.kind in ('first_response', 'first_response_human', 'next_reply', 'first_solved', 'solved')
union all
select 'ticket', 'requester_wait:business', w.topic, w.entity, w.n, w.at_ms, coalesce(sum(b.ms) filter (w.waits), 0), w.queue,
       w.channel
from waited_for w
join business_spells b using (topic, entity, start_ms, end_ms)
group by all;
