-- Tickets: creation, solves that stand, replies.
-- In: events, void. Out: tickets (one row a ticket), facts.

create table ticket_events as
select * from events
anti join void using (topic, entity)
where topic = 'ticket.events';

-- A ticket begins with its creation or when it is split off another, whichever is first (R21).
create table births as
select topic, entity, min(n) as n, arg_min(at_ms, n) as at_ms,
       arg_min(type, n) = 'ticket.split' as is_split, arg_min(role, n) as role,
       arg_min(queue, n) as queue, arg_min(channel, n) as channel
from ticket_events
where type in ('ticket.created', 'ticket.split')
group by all;

-- R43: who was solved by a change that is stamped before the creation is solved since then, without a duration.
create table statuses as
select s.topic, s.entity, greatest(s.n, b.n) as n, s.n as order_n, greatest(s.at_ms, b.at_ms) as at_ms, s.n < b.n as is_early,
       s.status_to in ('solved', 'closed') as is_solved, s.queue, s.channel
from ticket_events s join births b using (topic, entity)
where s.type = 'ticket.status_changed'
qualify not is_early or row_number() over (partition by s.topic, s.entity, s.n < b.n order by s.n desc) = 1;

-- R22, R22b: a solve that is followed by a reopen does not stand; what stands is the first solve or close after the
-- last time that the ticket was open.
create table solves as
with last_open as (
    select b.topic, b.entity, max(s.order_n) filter (not s.is_solved) as n
    from births b left join statuses s using (topic, entity)
    group by all
)
select topic, entity, min(s.n) as n, arg_min(s.at_ms, s.order_n) as at_ms, arg_min(s.is_early, s.order_n) as is_early,
       arg_min(s.queue, s.order_n) as queue, arg_min(s.channel, s.order_n) as channel
from statuses s join last_open using (topic, entity)
where s.is_solved and s.order_n > coalesce(last_open.n, -1)
group by all;

insert into facts
select 'ticket', 'tickets_created', topic, entity, n, at_ms, 0, queue, channel from births;

insert into facts
select 'ticket', case when s.is_early then 'solved_untimed' else 'solved' end, s.topic, s.entity, s.n, s.at_ms,
       case when s.is_early then 0 else s.at_ms - b.at_ms end,
       case when s.is_early then b.queue else s.queue end, case when s.is_early then b.channel else s.channel end
from solves s join births b using (topic, entity);

-- R17, R19, R20, K7, K8: the creation by a customer, or else a customer's first public message, starts the wait for an
-- answer; the first public message of a human agent ends it. A later wait, and any of a ticket that was split off, is
-- one for a next reply; agents' own tickets have neither. Whoever was answered once and gets it solved waits no more.
create table talk_of_tickets as
with said as (
    select e.topic, e.entity, e.n, e.at_ms, e.queue, e.channel, b.is_split,
           case when e.type = 'ticket.status_changed' then 'solved' else e.role end as who
    from ticket_events e join births b using (topic, entity)
    where b.role is distinct from 'agent' and (
        (e.type = 'ticket.created' and e.n = b.n and e.role = 'customer')
        or (e.type = 'ticket.message_added' and e.n > b.n and not e.is_auto and e.visibility = 'public'
            and e.role in ('customer', 'agent'))
        or (e.type = 'ticket.status_changed' and e.n > b.n and e.status_to in ('solved', 'closed'))
    )
),
-- an answer is an agent's message that a customer waited for
first_answer as (
    select s.topic, s.entity, min(s.n) as n
    from said s
    join (select topic, entity, min(n) as n from said where who = 'customer' group by all) asked
        on asked.topic = s.topic and asked.entity = s.entity and s.n > asked.n
    where s.who = 'agent'
    group by all
)
select s.*, s.n = f.n and not s.is_split as is_first,
       count(*) filter (who = 'agent' or (who = 'solved' and (s.n > f.n or s.is_split))) over (
           partition by s.topic, s.entity order by s.n rows between unbounded preceding and 1 preceding
       ) as breaks
from said s
left join first_answer f using (topic, entity);

insert into facts
with asked as (
    select topic, entity, breaks, min(at_ms) as asked_at from talk_of_tickets where who = 'customer' group by all
)
select 'any', case when t.is_first then 'first_response' else 'next_reply' end, t.topic, t.entity, t.n, t.at_ms,
       t.at_ms - a.asked_at, t.queue, t.channel
from talk_of_tickets t join asked a using (topic, entity, breaks)
where t.who = 'agent';

-- What holds now: is it unsolved, and since when does its customer wait for the first answer?
create table tickets as
select b.topic, b.entity, b.at_ms as created_at, s.n is null as is_unsolved, place.queue, place.channel,
       case when not b.is_split and answered.n is null then asked.at_ms end as unreplied_since
from births b
left join solves s using (topic, entity)
left join (
    select topic, entity, min(n) as n from talk_of_tickets where is_first group by all
) answered using (topic, entity)
left join (
    select topic, entity, min(at_ms) as at_ms from talk_of_tickets where who = 'customer' group by all
) asked using (topic, entity)
join (
    select topic, entity, arg_max(queue, n) as queue, arg_max(channel, n) as channel from ticket_events group by all
) place using (topic, entity);
