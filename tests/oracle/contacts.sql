-- Contacts: calls and chats on a queue. Waits, their outcomes, the talks that follow, wrap-up and replies.
-- In: events, void, terms, short_abandons. Out: waits (one row a wait), talks, stays (of agents), facts.

create table contact_events as
select * from events
anti join void using (topic, entity)
where topic in ('chat.events', 'call.events');

-- What begins or ends a wait. An earlier queue.left "answered" does neither (R06).
create table turns as
with every as (
    select *,
           case type
               when 'queue.entered' then 'in'
               when 'queue.resumed' then 'back'
               when 'contact.answered' then 'answered'
               when 'queue.left' then 'left'
               when 'contact.ended' then 'ended'
           end as turn
    from contact_events
    where type in ('queue.entered', 'queue.resumed', 'contact.answered', 'contact.ended')
       or (type = 'queue.left' and reason <> 'answered')
),
-- Nobody comes back out of a talk, or to a queue that was never entered.
sensible as (
    select * from every
    window life as (partition by topic, entity order by n)
    qualify turn <> 'back' or (
        lag(turn) over life <> 'answered' and count(*) filter (turn = 'in') over life > 0
    )
)
select *, lag(turn) over life as before, lag(n) over life as before_n
from sensible
window life as (partition by topic, entity order by n);

-- R43: an outcome that is stamped before the first entry is that entry's outcome, without a duration.
create table early as
with first_entry as (
    select topic, entity, min(n) as entry_n, arg_min(segment, n) as entry_segment
    from turns where turn = 'in' group by all
),
ahead as (
    select t.*, f.entry_n, f.entry_segment,
           count(*) filter (turn = 'ended') over (partition by t.topic, t.entity order by t.n) as ended_so_far
    from turns t join first_entry f using (topic, entity)
    where t.n < f.entry_n
),
-- of several the last one before the end holds
chosen as (
    select * from ahead
    qualify row_number() over (
        partition by topic, entity
        order by (turn in ('answered', 'left') and ended_so_far = 0) desc, (turn = 'ended') desc,
                 case when turn = 'ended' then -n else n end desc
    ) = 1
)
select topic, entity, entry_n, turn, at_ms as at_ms, agent, segment,
       case turn when 'answered' then 'answered' when 'left' then reason
           else case ended_by when 'customer' then 'abandoned' else 'error' end end as outcome,
       (select min(a.at_ms) from ahead a where a.topic = chosen.topic and a.entity = chosen.entity and a.turn = 'ended')
           as ended_at
from chosen
where turn = 'ended' or segment is null or segment = entry_segment;

-- The outcome of a wait is the first turn after its beginning; whoever ends the contact while it waits has left the
-- queue then: the customer has abandoned, anybody else is a flow-out with reason error (R07).
-- K5: who has asked for a call-back in this wait does not abandon: leaving then is a flow-out.
create table outcomes as
with plain as (
    select t.*,
           case turn when 'answered' then 'answered' when 'left' then reason
               else case ended_by when 'customer' then 'abandoned' else 'error' end end as left_by,
           (select max(i.n) from turns i where i.topic = t.topic and i.entity = t.entity and i.n < t.n and i.turn = 'in')
               as in_n
    from turns t
)
select * exclude (left_by, in_n),
       case when left_by = 'abandoned' and exists (
           select 1 from contact_events c
           where c.topic = t.topic and c.entity = t.entity and c.type = 'callback.requested' and c.n between t.in_n and t.n
       ) then 'callback' else left_by end as outcome
from plain t
where turn in ('answered', 'left', 'ended') and before in ('in', 'back')
  -- the wait that had its outcome early has no other
  and not exists (
      select 1 from early e where e.topic = t.topic and e.entity = t.entity and e.entry_n = t.before_n
  );

-- K6, R09: who comes back within the time takes the abandon back and goes on waiting; later it is a new entry.
create table returns as
select b.topic, b.entity, b.n, o.n as outcome_n,
       o.outcome = 'abandoned' and b.at_ms - o.at_ms <= (select resume_ms from setting) as goes_on
from turns b
asof left join outcomes o on o.topic = b.topic and o.entity = b.entity and o.n < b.n
where b.turn = 'back' and b.before not in ('in', 'back');

create table begins as
select *, row_number() over (partition by topic, entity order by n) as wait
from (
    select topic, entity, n, at_ms, segment, queue, channel from turns where turn = 'in'
    union all by name
    select t.topic, t.entity, t.n, t.at_ms, t.segment, t.queue, t.channel
    from turns t join returns r using (topic, entity, n) where not coalesce(r.goes_on, false)
);

create table waits as
with last_outcome as (
    select b.topic, b.entity, b.wait, o.n, o.at_ms, o.outcome, o.agent, o.segment, o.queue, o.channel
    from outcomes o
    asof join begins b on b.topic = o.topic and b.entity = o.entity and b.n < o.n
    anti join (select topic, entity, outcome_n as n from returns where goes_on) taken_back
        on taken_back.topic = o.topic and taken_back.entity = o.entity and taken_back.n = o.n
)
select b.topic, b.entity, b.wait, b.n as begin_n, b.at_ms as begin_at, b.queue as begin_queue, b.channel as begin_channel,
       coalesce(o.n, case when e.entry_n is not null then b.n end) as n,
       coalesce(o.at_ms, case when e.entry_n is not null then b.at_ms end) as at_ms,
       coalesce(o.outcome, e.outcome) as outcome,
       o.at_ms - b.at_ms as wait_ms,  -- null where the outcome came before the entry
       e.entry_n is not null as is_early,
       coalesce(o.agent, e.agent) as agent,
       coalesce(o.segment, e.segment, b.segment) as segment,  -- the agent's segment has the name that the answer gives it
       coalesce(e.at_ms, o.at_ms) as answered_at, e.ended_at,
       coalesce(o.queue, b.queue) as queue, coalesce(o.channel, b.channel) as channel
from begins b
left join last_outcome o using (topic, entity, wait)
left join early e on e.topic = b.topic and e.entity = b.entity and e.entry_n = b.n;

create table decided as
select w.*, coalesce(wait_ms <= t.target_ms, false) as in_target,
       coalesce(wait_ms <= s.short_ms and s.short_ms > 0, false) as is_short  -- R04
from waits w
left join terms t on t.queue = w.queue
left join short_abandons s on s.channel = w.channel
where outcome is not null;

insert into facts
select 'contact', 'offered', topic, entity, begin_n, begin_at, 0, begin_queue, begin_channel from waits;

-- R08, K4, K5: all that is neither answered nor abandoned is a flow-out.
insert into facts
select 'contact', kind, topic, entity, n, at_ms, case when kind = outcome_kind then wait_ms else 0 end, queue, channel
from (
    select *,
           case outcome when 'answered' then 'answered' when 'abandoned' then 'abandoned' else 'flowed_out' end
               as outcome_kind,
           unnest([
               outcome_kind,
               case when in_target then 'left_in_target' end,
               case when in_target and outcome = 'answered' then 'met' end,
               case when is_short and outcome = 'abandoned' then 'short' end,
               -- R05c: what Asterisk's manager interface counts as abandoned
               case when outcome in ('abandoned', 'timeout', 'empty', 'withdrawn') then 'ami_abandoned' end,
               case when in_target and outcome in ('abandoned', 'timeout', 'empty', 'withdrawn')
                   then 'ami_abandoned_met' end
           ]) as kind
    from decided
)
where kind is not null;

-- R10: one sample a contact, at the outcome of its last wait and in its queue; none while a wait is open.
insert into facts
select 'contact', 'customer_wait', topic, entity, arg_max(n, wait), arg_max(at_ms, wait), sum(wait_ms),
       arg_max(queue, wait), arg_max(channel, wait)
from waits
group by topic, entity
having arg_max(outcome, wait) is not null and not arg_max(wait_ms is null, wait);

-- Talks ---------------------------------------------------------------------------------------------------------------
-- An agent segment lasts from the answer to the transfer, the end, or the next entry, whichever is first.
create table closings as
select topic, entity, n, at_ms, queue, channel from contact_events
where type in ('contact.transferred', 'contact.ended', 'queue.entered');

create table talks as
select d.topic, d.entity, d.wait, d.agent, d.segment, d.in_target, d.n as answer_n, d.answered_at,
       case when d.ended_at is null then c.n end as close_n, coalesce(d.ended_at, c.at_ms) as closed_at,
       c.queue, c.channel
from decided d
asof left join closings c on c.topic = d.topic and c.entity = d.entity and c.n > d.n
where d.outcome = 'answered';

-- A hold that has no end lasts to the end of the talk, unless its end was stamped before it (R43).
create table holds as
with during as (
    select t.topic, t.entity, t.wait, t.closed_at, e.n, e.at_ms, e.type,
           lag(e.type) over talk as before, lead(e.at_ms) over talk as next_at, lead(e.type) over talk as next
    from talks t
    join contact_events e on e.topic = t.topic and e.entity = t.entity and e.n > t.answer_n and e.n < t.close_n
    where e.type in ('hold.started', 'hold.ended')
    window talk as (partition by t.topic, t.entity, t.wait order by e.n)
),
stray as (
    select topic, entity, wait, min(n) as n from during
    where type = 'hold.ended' and before is distinct from 'hold.started'
    group by all
),
begun as (
    select d.*,
           min(case when type = 'hold.ended' then at_ms end) over (
               partition by topic, entity, wait order by n rows between 1 following and unbounded following
           ) as ended_at
    from during d
)
select b.topic, b.entity, b.wait,
       sum(coalesce(b.ended_at, case when s.n is null or s.n > b.n then b.closed_at else b.at_ms end) - b.at_ms) as held_ms
from begun b
left join stray s using (topic, entity, wait)
where b.type = 'hold.started' and b.before is distinct from 'hold.started'
group by all;

-- Wrap-up belongs to the newest ended talk that it names (segment, agent). Its first start and its first end count;
-- without a start it begins where the talk ends; a start after the end gives no duration (R43).
create table wraps as
with named as (
    select e.topic, e.entity, t.wait, e.type, e.n, e.at_ms,
           row_number() over (partition by e.topic, e.entity, e.n order by t.close_n desc) as choice
    from contact_events e
    join talks t on t.topic = e.topic and t.entity = e.entity and t.close_n < e.n
        and (e.segment is null or e.segment = t.segment) and (e.agent is null or e.agent = t.agent)
    where e.type in ('acw.started', 'acw.ended')
)
select topic, entity, wait,
       min(n) filter (type = 'acw.started') as start_n, min(at_ms) filter (type = 'acw.started') as started_at,
       min(n) filter (type = 'acw.ended') as end_n, min(at_ms) filter (type = 'acw.ended') as ended_at,
       coalesce(start_n > end_n, false) as is_impossible
from named
where choice = 1
group by all;

-- R12, R13: samples at the end of the agent segment; its wrap-up, when it ends, revises the handling in place.
create table handled as
select t.*, t.closed_at - t.answered_at as handle_ms, coalesce(h.held_ms, 0) as held_ms,
       case when not w.is_impossible then w.ended_at - coalesce(w.started_at, t.closed_at) end as wrap_ms,
       w.end_n as wrap_n, w.ended_at as wrapped_at
from talks t
left join holds h using (topic, entity, wait)
left join wraps w using (topic, entity, wait)
where t.close_n is not null;

insert into facts
select 'contact', kind, topic, entity, close_n, closed_at, value, queue, channel
from (
    select *, unnest([
        {'kind': 'talk', 'value': handle_ms - held_ms},
        {'kind': 'handle', 'value': handle_ms + coalesce(wrap_ms, 0)},
        {'kind': case when held_ms > 0 then 'hold' end, 'value': held_ms},
        {'kind': 'completed', 'value': 0},  -- R05d: asterisk_sl counts a call when it ends
        {'kind': case when in_target then 'completed_met' end, 'value': 0}
    ], recursive := true)
    from handled
)
where kind is not null;

insert into facts
select 'contact', 'wrap_up', topic, entity, wrap_n, wrapped_at, wrap_ms, queue, channel
from handled
where wrap_ms is not null;

-- What a contact says of its agents -------------------------------------------------------------------------------------
create table stays (agent text, contact text, phase text, channel text, start_at bigint, end_at bigint);

insert into stays
select t.agent, t.entity, 'on_contact', d.channel, t.answered_at, t.closed_at
from talks t join decided d using (topic, entity, wait)
where t.agent <> '';

insert into stays
select t.agent, t.entity, 'acw', t.channel, coalesce(w.started_at, t.closed_at), w.ended_at
from talks t join wraps w using (topic, entity, wait)
where t.agent <> '' and not w.is_impossible;

-- Ringing: from an offer to somebody who waits until it is missed, another is made, or the wait ends.
insert into stays
with watched as (
    select *, lead(at_ms) over life as next_at,
           last_value(case when type not like 'offer.%' then type end ignore nulls) over (
               life rows between unbounded preceding and 1 preceding
           ) as before
    from contact_events
    where type in ('queue.entered', 'queue.resumed', 'queue.left', 'contact.answered', 'contact.ended', 'offer.made',
                   'offer.missed')
    window life as (partition by topic, entity order by n)
)
select agent, entity, 'ringing', channel, at_ms, next_at from watched
where type = 'offer.made' and agent <> '' and before in ('queue.entered', 'queue.resumed');

-- Replies in chats ------------------------------------------------------------------------------------------------------
-- R17, R19, K7, K8: a public message of the customer starts the wait for an answer, the first human one ends it.
insert into facts
with said as (
    select *, lag(role) over life as before,
           sum(case when role = 'agent' then 1 else 0 end) over life - (role = 'agent')::int as answers_before
    from contact_events
    where type = 'message' and not is_auto and role in ('customer', 'agent')
    window life as (partition by topic, entity order by n)
),
asked as (
    select topic, entity, answers_before, min(at_ms) as asked_at from said where role = 'customer' group by all
)
select 'any',
       case when row_number() over (partition by s.topic, s.entity order by s.n) = 1 then 'first_response'
           else 'next_reply' end,
       s.topic, s.entity, s.n, s.at_ms, s.at_ms - a.asked_at, s.queue, s.channel
from said s join asked a using (topic, entity, answers_before)
where s.role = 'agent';
