-- From facts to the rows of one window.
-- In: facts, doing, waits, contact_events, tickets; bounds (of each queue), moment, wanted. Out: kpi_rows.
--
-- A queue's own rows are over its own [own_from, own_to); in sums over queues it takes part with [sum_from, sum_to).
-- Both are the same but for windows of days, where queues may have calendars of their own.

create or replace table placed as
select f.family, f.kind, f.value, p.queue, p.channel
from facts f
join bounds b on b.queue = f.queue,
lateral (
    select * from (values
        (f.queue, f.channel, b.own_from, b.own_to), (f.queue, null, b.own_from, b.own_to),
        (null, f.channel, b.sum_from, b.sum_to), (null, null, b.sum_from, b.sum_to)
    ) v(queue, channel, from_ms, to_ms)
) p
where f.at_ms >= p.from_ms and f.at_ms < p.to_ms and f.kind <> 'seen'
  -- what is of no queue has no row of its own
  and p.queue is distinct from '' and not (f.queue = '' and coalesce(p.channel = '', false));

-- R02: the places that have rows at zero: where a contact (a ticket) was seen before the end of the window.
create or replace table places as
select distinct f.family, p.queue, p.channel
from facts f, moment m,
lateral (select * from (values (f.queue, f.channel), (f.queue, null), (null, f.channel), (null, null)) v(queue, channel)) p
where f.kind = 'seen' and f.at_ms < m.seen_to;

create or replace table counted as
select p.family, p.queue, p.channel, coalesce(map_from_entries(list((k.kind, k.n)) filter (k.kind is not null)), map())
           as n
from places p
left join (select queue, channel, kind, count(*) as n from placed group by all) k
    on k.queue is not distinct from p.queue and k.channel is not distinct from p.channel
group by all;

create or replace macro n_of(n, kind) as coalesce(n[kind], 0);

create or replace table sampled as
select kpi, clock, queue, channel, count(*) as count, sum(value) as total, list_sort(list(value)) as sorted
from placed join duration_kpi using (kind)
where value is not null  -- R43: an outcome without a duration counts and is no sample
group by all;

create or replace table measured as
select n_of(n, 'offered') as offered, n_of(n, 'answered') as answered, n_of(n, 'abandoned') as abandoned,
       n_of(n, 'flowed_out') as flowed_out, n_of(n, 'short') as short, n_of(n, 'met') as met,
       n_of(n, 'left_in_target') as left_in_target, n_of(n, 'completed') as completed,
       n_of(n, 'completed_met') as completed_met, n_of(n, 'ami_abandoned') as ami_abandoned,
       n_of(n, 'ami_abandoned_met') as ami_abandoned_met, n_of(n, 'tickets_created') as created,
       n_of(n, 'solved') + n_of(n, 'solved_untimed') as solved, family, queue, channel,
       answered + abandoned + flowed_out as decided
from counted;

-- K2, R05: the seven formulas of the service level.
create or replace table service_levels as
select queue, channel, unnest([
    {'formula': 'genesys', 'part': met, 'whole': answered + abandoned - short},
    {'formula': 'offered', 'part': met, 'whole': offered},
    {'formula': 'connect', 'part': left_in_target, 'whole': offered},
    {'formula': 'talkdesk', 'part': met, 'whole': offered - short},
    {'formula': 'twilio', 'part': met, 'whole': offered - short},  -- R05b
    {'formula': 'asterisk_sl', 'part': completed_met, 'whole': completed},  -- R05d
    {'formula': 'asterisk_sl2', 'part': met + ami_abandoned_met, 'whole': answered + ami_abandoned}  -- R05c
], recursive := true)
from measured
where family = 'contact';

create or replace table ratios as
select 'service_level_ratio' as kpi, queue, channel, part, whole
from service_levels join setting using (formula)
union all
select unnest(['abandonment_ratio', 'abandonment_gross_ratio', 'abandonment_residual_ratio']), queue, channel,
       unnest([abandoned - short, abandoned, decided - answered]), unnest([offered - short, offered, decided])  -- R11
from measured where family = 'contact';

-- Levels: as of the moment, whatever the window. ------------------------------------------------------------------------
-- R06: who has left the queue to be connected waits no more, although the wait goes on.
create or replace table waiting as
select w.topic, w.entity, w.begin_at as since, place.queue, place.channel
from waits w
join (
    select topic, entity, arg_max(queue, n) as queue, arg_max(channel, n) as channel,
           max(n) filter (type = 'queue.left' and reason = 'answered') as connecting_n
    from contact_events group by all
) place using (topic, entity)
where w.outcome is null
  and w.wait = (select max(wait) from waits l where l.topic = w.topic and l.entity = w.entity)
  and not coalesce(place.connecting_n > w.begin_n, false);

create or replace table levels as
select level, v.queue, v.channel, greatest(0, m.now_ms - since) as age_ms
from (
    select 'waiting' as level, since, queue, channel from waiting
    union all
    select 'backlog', created_at, queue, channel from tickets where is_unsolved
    union all
    select 'unreplied', unreplied_since, queue, channel from tickets where is_unsolved and unreplied_since is not null
) l, moment m,
lateral (select * from (values (l.queue, l.channel), (l.queue, null), (null, l.channel), (null, null)) v(queue, channel)) v
where l.queue is not null;

create or replace table level_counts as
select p.family, p.queue, p.channel,
       count(*) filter (level = 'waiting') as waiting, max(age_ms) filter (level = 'waiting') as oldest_wait_ms,
       count(*) filter (level = 'unreplied') as unreplied, max(age_ms) filter (level = 'unreplied') as oldest_unreplied_ms,
       count(*) filter (level = 'backlog') as backlog,
       -- R26: the lower border included
       count(*) filter (level = 'backlog' and age_ms < 3600000) as under_1h,
       count(*) filter (level = 'backlog' and age_ms >= 3600000 and age_ms < 86400000) as h1_to_24h,
       count(*) filter (level = 'backlog' and age_ms >= 86400000 and age_ms < 259200000) as h24_to_72h,
       count(*) filter (level = 'backlog' and age_ms >= 259200000) as over_72h
from places p
left join levels l on l.queue is not distinct from p.queue and l.channel is not distinct from p.channel
group by all;

-- Rows ------------------------------------------------------------------------------------------------------------------
create or replace table kpi_rows (
    kpi text, stat text, queue text, channel text, team text, state text, age text, reason text, priority text,
    target text, clock text, value double, count double
);

insert into kpi_rows by name
with flows as (
    select unnest([
        {'kpi': 'contacts_offered', 'value': offered}, {'kpi': 'contacts_answered', 'value': answered},
        {'kpi': 'contacts_abandoned', 'value': abandoned}, {'kpi': 'contacts_short_abandoned', 'value': short}
    ], recursive := true), queue, channel
    from measured where family = 'contact'
    union all
    select unnest([
        {'kpi': 'tickets_created', 'value': created}, {'kpi': 'tickets_solved', 'value': solved}
    ], recursive := true), queue, channel
    from measured where family = 'ticket'
),
now as (
    select unnest([
        {'kpi': 'contacts_waiting', 'value': waiting::double, 'count': waiting, 'age': null},
        {'kpi': 'oldest_wait_seconds', 'value': oldest_wait_ms / 1000, 'count': waiting, 'age': null}
    ], recursive := true), queue, channel
    from level_counts where family = 'contact'
    union all
    select unnest([
        {'kpi': 'unreplied_tickets', 'value': unreplied::double, 'count': unreplied, 'age': null},
        {'kpi': 'oldest_unreplied_seconds', 'value': oldest_unreplied_ms / 1000, 'count': unreplied, 'age': null},
        {'kpi': 'backlog_tickets', 'value': backlog::double, 'count': backlog, 'age': null},
        {'kpi': 'backlog_tickets', 'value': under_1h::double, 'count': under_1h, 'age': 'under_1h'},
        {'kpi': 'backlog_tickets', 'value': h1_to_24h::double, 'count': h1_to_24h, 'age': '1h_to_24h'},
        {'kpi': 'backlog_tickets', 'value': h24_to_72h::double, 'count': h24_to_72h, 'age': '24h_to_72h'},
        {'kpi': 'backlog_tickets', 'value': over_72h::double, 'count': over_72h, 'age': 'over_72h'}
    ], recursive := true), queue, channel
    from level_counts where family = 'ticket'
)
select kpi, 'value' as stat, queue, channel, null::text as team, null::text as state, null::text as age,
       value::double as value, value::double as count
from flows, wanted where wanted.flows
union all
select kpi, 'value', queue, channel, null, null, null, part / whole, whole
from ratios, wanted where wanted.flows and whole > 0
union all
select kpi, 'value', queue, channel, null, null, age, value, count
from now, wanted where wanted.levels and value is not null;

-- R49: nearest rank. R03: two clocks are two rows.
insert into kpi_rows by name
select kpi, unnest(['mean', 'sum', 'p50', 'p90', 'p95']) as stat, queue, channel, clock,
       unnest([total / count / 1000, total / 1000, sorted[(50 * count + 99) // 100] / 1000,
               sorted[(90 * count + 99) // 100] / 1000, sorted[(95 * count + 99) // 100] / 1000]) as value, count
from sampled, wanted where wanted.flows;
