-- Tickets, the whole life: first response of people, requester's wait, first solve, reopens, what is counted per ticket.
-- In: ticket_events, births, statuses, solves, talk_of_tickets, contact_events, facts, touch_kind.
-- Out: facts, lives (one row a ticket: what holds now).

-- Who acts: roles by their names, and who has written as a bot; anybody else is an agent.
create table acts as
select e.*, last_value(case when e.type = 'ticket.message_added' and e.role = 'bot' then coalesce(nullif(e.author, ''), 'bot') end
           ignore nulls) over (partition by e.topic, e.entity order by e.n rows between unbounded preceding and current row) as bot,
       e.actor in ('', 'customer', 'bot', 'system') as is_role,
       e.role = 'agent' and not e.is_auto as by_agent
from ticket_events e join births b using (topic, entity)
where e.n > b.n;

-- The states of a ticket: from its birth (R43: with the status that it had before it), each to the next.
create table states_of_tickets as
with entries as (
    select b.topic, b.entity, b.n, b.at_ms, coalesce(early.status_to, 'new') as status, null as actor, null as bot,
           early.status_to is not null as is_early, b.queue, b.channel
    from births b
    left join (
        select e.topic, e.entity, arg_max(e.status_to, e.n) as status_to
        from ticket_events e join births b using (topic, entity)
        where e.type = 'ticket.status_changed' and e.n < b.n
        group by all
    ) early using (topic, entity)
    union all
    select topic, entity, n, at_ms, status_to, actor, bot, false, queue, channel from acts where type = 'ticket.status_changed'
)
select *, status in ('solved', 'closed') as is_solved,
       lag(status in ('solved', 'closed'), 1, false) over life as was_solved,
       lead(at_ms) over life as until_ms
from entries
window life as (partition by topic, entity order by n);

create table solves_made as
select *, row_number() over (partition by topic, entity order by n) as number,
       coalesce(actor = 'bot' or (bot is not null and (actor = bot or actor in ('', 'customer', 'bot', 'system'))), false) as by_bot
from states_of_tickets
where is_solved and not was_solved;

create table reopens as
select r.*, row_number() over (partition by r.topic, r.entity order by r.n) as number,
       s.by_bot as after_bot
from states_of_tickets r
asof join solves_made s on s.topic = r.topic and s.entity = r.entity and s.n <= r.n
where r.was_solved and not r.is_solved;

-- R22: the first resolution stays. R23: reopens, and who is reopened for the first time.
insert into facts
select 'ticket', case when s.is_early then 'first_solved_untimed' else 'first_solved' end, s.topic, s.entity, s.n, s.at_ms,
       case when s.is_early then 0 else s.at_ms - b.at_ms end, s.queue, s.channel
from solves_made s join births b using (topic, entity)
where s.number = 1
union all
select 'ticket', unnest(case when number = 1 then ['reopens', 'first_reopened'] else ['reopens'] end), topic, entity, n, at_ms,
       0, queue, channel
from reopens;

-- R48, S11: new, open and on hold until the solve that stands.
create table waited_for as
select f.topic, f.entity, f.n, f.at_ms, f.queue, f.channel, s.at_ms as start_ms, s.until_ms as end_ms,
       s.status in ('new', 'open', 'on_hold') as waits
from facts f
join births b using (topic, entity)
join states_of_tickets s on s.topic = f.topic and s.entity = f.entity and s.n < f.n
where f.kind = 'solved' and b.role is distinct from 'agent';

insert into facts
select 'ticket', 'requester_wait', topic, entity, n, at_ms, coalesce(sum(end_ms - start_ms) filter (waits), 0), queue, channel
from waited_for
group by all;

-- R25, R25b: of the whole life, at the solve that stands.
insert into facts
select 'ticket', c.kind, f.topic, f.entity, f.n, f.at_ms, c.number, f.queue, f.channel
from facts f
join (
    select topic, entity, 'touches' as kind, count(*) as number
    from (
        select topic, entity, case
            when type = 'ticket.message_added' and by_agent then if(visibility = 'public', 'reply', 'note')
            when type = 'ticket.status_changed' and not is_role and actor is distinct from bot then 'status'
            when type in ('ticket.fields_changed', 'ticket.priority_changed') then 'field' end as touch
        from acts
    ) join touch_kind using (touch)
    group by all
    union all
    select topic, entity, 'replies', count(*) from acts
    where type = 'ticket.message_added' and visibility = 'public' and not is_auto and role in ('agent', 'customer')
    group by all
    union all
    select topic, entity, 'assignments', count(distinct coalesce('agent ' || nullif(to_agent, ''), 'group ' || nullif(to_group, '')))
    from acts where type = 'ticket.assigned'
    group by all
) c using (topic, entity)
where f.kind in ('solved', 'solved_untimed') and c.number > 0;

-- K10: solved, and the customer never had an answer.
insert into facts
select 'ticket', 'closed_unreplied', f.topic, f.entity, f.n, f.at_ms, 0, f.queue, f.channel
from facts f
join births b using (topic, entity)
where f.kind in ('solved', 'solved_untimed') and not b.is_split
  and exists (from talk_of_tickets t where t.topic = f.topic and t.entity = f.entity and t.who = 'customer')
  and not exists (from talk_of_tickets t where t.topic = f.topic and t.entity = f.entity and t.is_first);

-- S9: a ticket is handled at the first thing that an agent does to it.
insert into facts
select 'ticket', 'tickets_handled', topic, entity, min(n), arg_min(at_ms, n), 0, arg_min(queue, n), arg_min(channel, n)
from (
    select topic, entity, n, at_ms, queue, channel from births where role = 'agent' and not is_split
    union all
    select topic, entity, n, at_ms, queue, channel from acts
    where type = 'ticket.viewed' or (type = 'ticket.message_added' and by_agent)
       or (type = 'ticket.status_changed' and not is_role and actor is distinct from bot)
)
group by topic, entity;

-- K7, R18: people have it since the hand-off, or since the reopen of what a bot has solved; else both series are equal.
insert into facts
select 'any', 'first_response_human', f.topic, f.entity, f.n, f.at_ms,
       least(any_value(f.value), f.at_ms - coalesce(max(h.at_ms), 0)), f.queue, f.channel
from facts f
left join (
    select topic, entity, n, at_ms from reopens where after_bot
    union all
    select topic, entity, n, at_ms from contact_events where type = 'bot.handoff'
) h on h.topic = f.topic and h.entity = f.entity and h.n < f.n
where f.kind = 'first_response'
group by f.topic, f.entity, f.n, f.at_ms, f.queue, f.channel;

-- What holds now. R27: no agent. R03: by status and by priority.
create table lives as
select b.topic, b.entity, b.at_ms as created_at, place.queue, place.channel, state.status,
       coalesce(nullif(named.priority, ''), 'none') as priority, coalesce(has.agent, '') = '' as is_unassigned
from births b
join (
    select topic, entity, arg_max(status, n) as status, arg_max(is_solved, n) as is_solved from states_of_tickets group by all
) state using (topic, entity)
join (
    select topic, entity, arg_max(queue, n) as queue, arg_max(channel, n) as channel from ticket_events group by all
) place using (topic, entity)
left join (
    select e.topic, e.entity, arg_max(coalesce(e.priority, ''), e.n) as priority
    from ticket_events e join births b using (topic, entity)
    where e.n = b.n or (e.n > b.n and e.type = 'ticket.priority_changed')
    group by all
) named using (topic, entity)
left join (
    select topic, entity, arg_max(coalesce(to_agent, ''), n) as agent from acts where type = 'ticket.assigned' group by all
) has using (topic, entity)
where not state.is_solved;
