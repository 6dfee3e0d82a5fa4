-- Variants of the queue: flow-outs by reason, missed offers, hold abandons, transfers, call-backs, decided waits.
-- In: contact_events, waits, decided, talks, holds, terms. Out: facts, each with the value of its further dimension.

create table by_reason (kpi text, reason text, topic text, entity text, n bigint, at_ms bigint, queue text, channel text);

insert into by_reason
select 'contacts_flowed_out', outcome, topic, entity, n, at_ms, queue, channel
from decided where outcome not in ('answered', 'abandoned');

-- R15: every one, whoever waits
insert into by_reason
select 'offers_missed', reason, topic, entity, n, at_ms, queue, channel from contact_events where type = 'offer.missed';

insert into by_reason
select 'callbacks_requested', null, topic, entity, n, at_ms, queue, channel
from contact_events where type = 'callback.requested';

-- An agent gives a contact away: what closes a talk and is a transfer.
insert into by_reason
select 'transfers',
       case when e.transfer in ('blind', 'attended', 'queue', 'external') then e.transfer else 'other' end,
       e.topic, e.entity, e.n, e.at_ms, e.queue, e.channel
from contact_events e
join talks t on t.topic = e.topic and t.entity = e.entity and t.close_n = e.n
where e.type = 'contact.transferred';

-- R14: the customer ends the contact while a hold runs that is believed (R43).
insert into by_reason
with last_hold as (
    select t.topic, t.entity, t.wait, t.close_n, arg_max(e.type, e.n) as type,
           max(e.n) filter (e.type = 'hold.ended' and e.before is distinct from 'hold.started') as stray_n
    from talks t
    join (
        select *, lag(type) over (partition by topic, entity order by n) as previous_type,
               lag(n) over (partition by topic, entity order by n) as previous_n
        from contact_events where type in ('hold.started', 'hold.ended')
    ) h on h.topic = t.topic and h.entity = t.entity and h.n > t.answer_n and h.n < t.close_n,
    lateral (
        select h.type, h.n, case when h.previous_n > t.answer_n then h.previous_type end as before
    ) e
    group by all
)
select 'hold_abandons', null, c.topic, c.entity, c.n, c.at_ms, c.queue, c.channel
from contact_events c
join last_hold h on h.topic = c.topic and h.entity = c.entity and h.close_n = c.n
where c.type = 'contact.ended' and c.ended_by = 'customer' and h.type = 'hold.started' and h.stray_n is null;

-- R05a: decided are the answered in time, and as missed who abandoned in time but not at once, and who waited past the
-- target of the queue that they entered: at the moment when it falls due, on the next ten seconds. Who enters anew while
-- he waits is offered again: of the wait before, an end that nobody has told of, only a miss that was due is decided.
insert into by_reason
select 'service_level_decided', case outcome when 'answered' then 'met' else 'missed' end, topic, entity, n, at_ms,
       queue, channel
from decided
where in_target and (outcome = 'answered' or (outcome = 'abandoned' and not is_short));

insert into by_reason
select 'service_level_decided', 'missed', w.topic, w.entity, w.begin_n,
       (w.begin_at + t.target_ms + 9999) // 10000 * 10000, w.begin_queue, w.begin_channel
from (select *, lead(begin_at) over (partition by topic, entity order by begin_n) as next_at from waits) w
join terms t on t.queue = w.begin_queue
left join decided d using (topic, entity, wait)
where not w.is_early
  and (w.outcome is not null or w.next_at is null or w.next_at - w.begin_at > t.target_ms)
  and (w.outcome is null or not (d.in_target or (d.is_short and d.outcome = 'abandoned')));

insert into facts
select 'contact', concat_ws('/', kpi, reason), topic, entity, n, at_ms, 0, queue, channel from by_reason;
