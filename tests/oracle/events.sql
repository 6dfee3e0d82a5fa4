-- From what arrived to the events of each entity, in the order in which they happened.
-- In: arrivals, type_rank, calendar_days, terms. Out: events, void, counted.

-- R53: an event_id is unique within its source and entity; the first that arrives is the event.
create table copies as
select *, row_number() over (partition by topic, source, entity, event_id order by part, off) as copy
from arrivals;

-- Rule 6 of the architecture: the border of the final days follows the watermark of the partition, which is the
-- highest event time that has arrived, in whole hours. The event that moves it is judged by the moved border.
create table distinct_events as
select * exclude (copy, watermark), watermark // 3600000 * 3600000 as hour_ms
from (
    select *, max(at_ms) over (partition by topic, part order by off) as watermark from copies
)
where copy = 1;

-- R51: one millisecond is ordered by seq where the source has it; else an older segment's events come before a newer
-- one's, and within a segment the order is that of life; status changes follow each other by from and to.
create table segments as
select topic, entity, segment, min(at_ms) as begun,
       row_number() over (partition by topic, entity order by min(at_ms), segment) as number
from distinct_events
where type = 'queue.entered'
group by topic, entity, segment;

create table ordered as
with placed as (
    select e.*, s.number,
           bool_and(seq is not null) over moment as has_seq,
           count(*) filter (e.type = 'queue.entered') over (
               partition by e.topic, e.entity order by e.at_ms range between unbounded preceding and current row
           ) as begun,
           count(*) filter (e.type = 'queue.entered') over moment as begun_now
    from distinct_events e
    left join segments s on s.topic = e.topic and s.entity = e.entity and s.segment = e.segment
    window moment as (partition by e.topic, e.entity, e.at_ms)
),
-- What names no segment is about the newest, but what ends a talk is about the one before.
numbered as (
    select p.* exclude (number, begun, begun_now),
           coalesce(number, greatest(1, begun - case
               when type in ('contact.transferred', 'contact.ended', 'hold.started', 'hold.ended') then begun_now
               else 0 end)) as segment_number
    from placed p
),
changes as (
    select f.topic, f.entity, f.at_ms, f.status_to, count(*) as ahead from distinct_events f
    where f.type = 'ticket.status_changed'
    group by all
)
select n.* exclude (has_seq, segment_number),
       row_number() over (
           partition by n.topic, n.entity
           order by n.at_ms, case when has_seq then seq end, case when not has_seq then segment_number end, r.rank,
                    coalesce(c.ahead, 0), n.event_id
       ) as n
from numbered n
join type_rank r on r.type = n.type
left join changes c on c.topic = n.topic and c.entity = n.entity and c.at_ms = n.at_ms
    and c.status_to = n.status_from and n.type = 'ticket.status_changed' and n.status_from <> n.status_to;

-- R46: a fact belongs to the queue and channel in force: of the newest event at or before it that names them.
create table in_force as
select *,
       last_value(nullif(named_queue, '') ignore nulls) over past as queue,
       last_value(nullif(named_channel, '') ignore nulls) over past as channel
from ordered
window past as (partition by topic, entity order by n rows between unbounded preceding and current row);

-- Is the event behind the horizon of its place? The border is the first day that begins within the horizon.
create table events as
select e.* exclude (channel), coalesce(channel, case when queue is not null then '' end) as channel,
       coalesce(e.at_ms < border.start_ms, false) as late
from (
    select f.*, coalesce(t.calendar, 0) as calendar, f.hour_ms - setting.horizon_ms as reach_ms
    from in_force f
    left join terms t on t.queue = f.queue
    cross join setting
) e
asof left join (select * from calendar_days cross join setting where horizon_ms > 0) border
    on border.calendar = e.calendar and border.start_ms >= e.reach_ms;

-- R21: what was merged away, deleted, marked as spam or is a test counts nowhere.
create table void as
select distinct topic, entity
from events
where is_test or type in ('ticket.merged', 'ticket.deleted', 'ticket.marked_spam', 'survey.revoked');

create table facts (
    family text, kind text, topic text, entity text, n bigint, at_ms bigint, value bigint, queue text, channel text
);

-- A place has rows, also at zero, when an entity was seen in it (R02).
insert into facts
select case topic when 'ticket.events' then 'ticket' else 'contact' end, 'seen', topic, entity, n, at_ms, 0, queue, channel
from (
    select *, lag(queue) over life as queue_before, lag(channel) over life as channel_before
    from events
    where topic in ('ticket.events', 'chat.events', 'call.events')
    window life as (partition by topic, entity order by n)
)
anti join void using (topic, entity)
where queue is not null and (queue, channel) is distinct from (queue_before, channel_before);
