-- The rows of surveys in one window. In: placed, staff, moment, survey_terms, wanted. Out: more kpi_rows.

create or replace table opinions as
select 'all' as who, queue, channel, null as team, kind, value from placed where family = 'survey'
union all
select 'staff', null, null, v.team, s.kind, s.value
from staff s, bounds b, lateral (select unnest([s.team, null]) as team) v
where b.queue = '' and s.at_ms >= b.own_from and s.at_ms < b.own_to;

create or replace table polled as
select who, queue, channel, team, kind, count(*) as n, sum(value) / 1000 as points,
       count(*) filter (1 + 4 * (t.good - t.low) / (t.high - t.low) <= value / 1000 + 1e-9) as good,
       count(*) filter (value >= 9000) as promoters, count(*) filter (value <= 6000) as detractors,
       count(*) filter (value >= 6000) as easy, count(*) filter (value <= 3000) as hard
from opinions, survey_terms t
group by all;

-- R36: everything of at least five answers; teams only where each of them has as many.
create or replace table spoken as
select *, min(n) filter (team is not null) over (partition by kind) as smallest from polled where who = 'staff';

insert into kpi_rows by name
with scores as (
    select 'csat_ratio' as kpi, queue, channel, null as team, good as part, n as whole from polled where kind = 'csat'
    union all
    select 'csat_mean', queue, channel, null, t.low * n + (points - n) / 4 * (t.high - t.low), n
    from polled, survey_terms t where kind = 'csat'
    union all
    select 'customer_effort_index', queue, channel, null, 100 * (easy - hard) * if(t.easier_is_higher, 1, -1), n
    from polled, survey_terms t where kind = 'ces'
    union all  -- S4: the text's 1 (easy) to 5 (hard)
    select 'customer_effort_mean', queue, channel, null, if(t.easier_is_higher, points, n + (7 * n - points) / 6 * 4), n
    from polled, survey_terms t where kind = 'ces'
    union all  -- S3: passives are answers, but not in the text's form
    select 'net_promoter_score', queue, channel, null, 100 * (promoters - detractors),
           if(t.with_passives, n, promoters + detractors)
    from polled, survey_terms t where kind = 'nps'
    union all
    select 'survey_response_ratio', s.queue, s.channel, null, coalesce(r.n, 0), s.n
    from (from polled where kind = 'sent') s
    left join (from polled where kind = 'responded') r
        on s.queue is not distinct from r.queue and s.channel is not distinct from r.channel
),
staff_scores as (
    select 'employee_net_promoter_score' as kpi, team, 100 * (promoters - detractors) as part,
           if(t.with_passives, n, promoters + detractors) as whole
    from spoken, survey_terms t where kind = 'enps' and if(team is null, n, smallest) >= 5
    union all
    select 'employee_satisfaction_ratio', team, good, n
    from spoken where kind = 'esat' and if(team is null, n, smallest) >= 5
)
select kpi, 'value' as stat, queue, channel, team, part / whole as value, whole::double as count
from (from scores union all by name from staff_scores), wanted
where wanted.flows and whole > 0;
