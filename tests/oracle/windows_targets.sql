-- Rows of targets: by target where it was at work, and over all of them in every queue that was seen (R02, R03).
-- In: placed, places, owed, moment, wanted. Out: kpi_rows.

create or replace table target_places as
select substr(family, 8) as target, queue, channel from places where family like 'target/%'
union
select null, queue, channel from places where family in ('contact', 'ticket');

create or replace table target_numbers as
select p.target, p.queue, p.channel,
       count(*) filter (f.kind like 'met/%') as met, count(*) filter (f.kind like 'missed/%') as missed
from target_places p
left join (select *, split_part(kind, '/', 2) as target from placed where family = 'target') f
    on f.queue is not distinct from p.queue and f.channel is not distinct from p.channel
    and (p.target is null or f.target = p.target)
group by all;

create or replace table target_levels as
select p.target, p.queue, p.channel, count(*) filter (o.due_ms < m.now_ms) as breached,
       count(*) filter (o.warn_at_ms <= m.now_ms and o.due_ms >= m.now_ms) as at_risk
from target_places p cross join moment m
left join owed o on (p.queue is null or o.queue = p.queue) and (p.channel is null or o.channel = p.channel)
    and (p.target is null or o.target = p.target)
group by all;

insert into kpi_rows by name
select kpi, 'value' as stat, queue, channel, target, value::double as value, value::double as count
from (
    select unnest([{'kpi': 'targets_met', 'value': met}, {'kpi': 'targets_missed', 'value': missed}], recursive := true),
           queue, channel, target
    from target_numbers, wanted where flows
    union all by name
    select unnest([{'kpi': 'targets_at_risk', 'value': at_risk}, {'kpi': 'targets_breached', 'value': breached}],
                  recursive := true), queue, channel, target
    from target_levels, wanted where levels
)
union all
select 'target_attainment_ratio', 'value', queue, channel, target, met / (met + missed), met + missed
from target_numbers, wanted where flows and met + missed > 0;
