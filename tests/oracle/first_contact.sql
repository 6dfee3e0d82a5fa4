-- First contact: was it enough, and did the customer come back over any channel? (K15, K16, R24)
-- In: events, void, contact_events, births, acts, solves_made, reopens, setting. Out: facts.

-- Who the customer is: the newest event that names one; a requester or visitor stands for who is not named.
create table customers as
select topic, entity, coalesce(arg_max(customer, n) filter (coalesce(customer, '') <> ''), arg_max(stands_for, n)) as customer
from (
    select e.topic, e.entity, e.n, e.customer,
           case when e.type in ('ticket.created', 'chat.started') then nullif(e.stands_for, '') end as stands_for
    from events e
    left join births b using (topic, entity)
    where (e.topic = 'ticket.events' and e.n >= b.n
           and (e.n = b.n or e.type in ('ticket.fields_changed', 'ticket.priority_changed')))
       or e.type in ('chat.started', 'call.initiated', 'queue.entered', 'contact.answered', 'bot.handoff')
)
anti join void using (topic, entity)
group by all;

-- What a customer has opened. An agent's ticket, one split off another, and a call out are none of theirs.
create table begun_by_customers as
select b.topic, b.entity, c.customer, b.at_ms
from births b join customers c using (topic, entity)
where b.role is distinct from 'agent' and not b.is_split and c.customer is not null
union all
select e.topic, e.entity, c.customer, min(e.at_ms)
from events e join customers c using (topic, entity)
where e.type in ('chat.started', 'call.initiated', 'queue.entered') and c.customer is not null
group by e.topic, e.entity, c.customer
having not coalesce(bool_or(e.direction = 'outbound' and e.type <> 'queue.entered'), false);

create table first_contacts as
select s.topic, s.entity, s.n, s.at_ms, s.queue, s.channel, (s.at_ms + g.first_contact_ms + 9999) // 10000 * 10000 as due_ms,
       -- K16: a reopen is a mere thank-you when it is over within a day and no agent has answered
       not exists (
           from reopens r
           where r.topic = s.topic and r.entity = s.entity and r.n > s.n and r.at_ms <= s.at_ms + g.first_contact_ms
             and not exists (
                 from solves_made again
                 where again.topic = r.topic and again.entity = r.entity and again.n > r.n
                   and again.at_ms <= r.at_ms + 86400000
                   and not exists (
                       from acts a where a.topic = r.topic and a.entity = r.entity and a.n > r.n and a.n < again.n
                         and ((a.type = 'ticket.message_added' and a.by_agent and a.visibility = 'public')
                              or (a.type = 'ticket.status_changed' and a.status_to in ('solved', 'closed')))
                   )
             )
       )
       and (g.first_contact_form = 'any' or (
           select count(*) <= 1 from acts a
           where a.topic = s.topic and a.entity = s.entity and a.type = 'ticket.message_added' and a.by_agent
             and a.visibility = 'public' and (a.n < s.n or a.at_ms <= s.at_ms + g.first_contact_ms)
       ))
       and not exists (
           from begun_by_customers o join customers c on c.topic = s.topic and c.entity = s.entity and c.customer = o.customer
           where (o.topic, o.entity) is distinct from (s.topic, s.entity)
             and o.at_ms > s.at_ms and o.at_ms <= s.at_ms + g.first_contact_ms
       ) as is_resolved
from solves_made s, setting g
where s.number = 1;

insert into facts
select 'ticket', 'first_contact_judged', topic, entity, n, due_ms, 0, queue, channel from first_contacts
union all
select 'ticket', 'first_contact_confirmed', topic, entity, n, due_ms, 0, queue, channel from first_contacts where is_resolved
union all
select 'ticket', 'first_contact_provisional', topic, entity, n, at_ms, 0, queue, channel from first_contacts where is_resolved;
