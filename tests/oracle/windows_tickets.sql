-- Tickets, the whole life: the rows of one window.
-- In: placed, places, measured, lives, hours, arrivals, moment, wanted, setting. Out: kpi_rows, hours_of_tickets.

create or replace table ticket_sums as
select p.queue, p.channel, count(*) filter (kind in ('solved', 'solved_untimed')) as solved,
       count(*) filter (kind in ('first_solved', 'first_solved_untimed')) as first_solved,
       count(*) filter (kind = 'first_reopened') as first_reopened, count(*) filter (kind = 'reopens') as reopens,
       count(*) filter (kind = 'tickets_created') as created, count(*) filter (kind = 'closed_unreplied') as closed_unreplied,
       count(*) filter (kind = 'tickets_handled') as handled,
       count(*) filter (kind = 'first_contact_judged') as judged,
       count(*) filter (kind = 'first_contact_confirmed') as confirmed,
       count(*) filter (kind = 'first_contact_provisional') as provisional,
       coalesce(sum(value) filter (kind = 'touches'), 0) as touches, coalesce(sum(value) filter (kind = 'replies'), 0) as replies,
       coalesce(sum(value) filter (kind = 'assignments'), 0) as assignments
from places p
left join placed f on f.queue is not distinct from p.queue and f.channel is not distinct from p.channel
where p.family = 'ticket'
group by all;

insert into kpi_rows by name
select kpi, 'value' as stat, queue, channel, part / whole as value, whole as count
from (
    select unnest([
        {'kpi': 'resolution_ratio', 'part': solved, 'whole': created},
        {'kpi': 'first_contact_resolution_ratio', 'part': confirmed, 'whole': if(of_received, created, judged)},
        {'kpi': 'first_contact_resolution_ratio_provisional', 'part': provisional,
         'whole': if(of_received, created, first_solved)},
        {'kpi': 'reopen_ratio', 'part': first_reopened, 'whole': first_solved},
        {'kpi': 'agent_touches_per_ticket', 'part': touches, 'whole': solved},
        {'kpi': 'replies_per_ticket', 'part': replies, 'whole': solved},
        {'kpi': 'assignments_per_ticket', 'part': assignments, 'whole': solved}
    ], recursive := true), queue, channel
    from ticket_sums, setting
), wanted
where wanted.flows and whole > 0
union all
select unnest(['reopens', 'closed_unreplied']), 'value', queue, channel, unnest([reopens, closed_unreplied]),
       unnest([reopens, closed_unreplied])
from ticket_sums, wanted where wanted.flows;

-- S9, R32: per hour that agents were online, breaks included; or by the clock. Nobody says who works for which queue.
create or replace table hours_of_tickets as
select case when setting.per_hour = 'clock'
       -- a window without a beginning begins with the first event
       then greatest(0, m.team_to - if(m.team_from = 0, (select min(at_ms) from arrivals), m.team_from))
       else coalesce((select online from hours where team is null), 0) end / 3600000 as hours
from moment m, setting;

insert into kpi_rows by name
select unnest(['tickets_handled_per_hour', 'tickets_solved_per_hour']) as kpi, 'value' as stat,
       unnest([handled, solved]) / hours as value, hours as count
from ticket_sums, hours_of_tickets, wanted
where queue is null and channel is null and wanted.flows and hours > 0;

-- R03: the backlog by status and by priority; R27.
create or replace table backlog as
select p.queue, p.channel, l.status, l.priority, l.is_unassigned, l.entity
from places p
left join lives l on (p.queue is null or l.queue = p.queue) and (p.channel is null or l.channel = p.channel)
where p.family = 'ticket';

insert into kpi_rows by name
select 'unassigned_tickets' as kpi, 'value' as stat, queue, channel, count(*) filter (is_unassigned) as value, value as count
from backlog, wanted where wanted.levels
group by all;

insert into kpi_rows by name
select 'backlog_tickets' as kpi, 'value' as stat, queue, channel, s.state, count(*) filter (b.status = s.state) as value, value as count
from backlog b, (select unnest(['new', 'open', 'pending', 'on_hold']) as state) s, wanted
where wanted.levels
group by all;

insert into kpi_rows by name
select 'backlog_tickets' as kpi, 'value' as stat, queue, channel, priority, count(*) as value, count(*) as count
from backlog, wanted where wanted.levels and entity is not null
group by all;

-- S5: the text divides the sum by all tickets created.
create or replace table per_created as
select k.rowid as id, coalesce(t.created, 0) as created
from kpi_rows k join setting on of_created
left join ticket_sums t on t.queue is not distinct from k.queue and t.channel is not distinct from k.channel
where k.kpi in ('first_response_seconds', 'first_response_human_seconds') and k.stat = 'mean';
update kpi_rows set value = value * count / p.created, count = p.created
from per_created p where kpi_rows.rowid = p.id and p.created > 0;
delete from kpi_rows where rowid in (select id from per_created where created = 0);
