-- The rows of the business, only over everything and of a day at least.
-- In: turns_of_customers, purchases, costs, placed, bounds, moment, business_terms, wanted. Out: more kpi_rows.

create or replace table span_of_business as
select if(b.own_from = 0, (select min(at_ms) from arrivals), b.own_from) as from_ms, b.own_to as to_ms, least(b.own_to, m.now_ms) as until_ms
from bounds b, moment m where b.queue = '';

create or replace table business_sums as
with members as (
    select entity, arg_max(present, n) filter (at_ms < from_ms) as at_start,
           arg_max(present, n) filter (at_ms < to_ms) as at_end,
           count(*) filter (not present and at_ms >= from_ms and at_ms < to_ms) as left_n,
           -- R39: who comes back in the window in which they left
           count(*) filter (present and before_ms >= from_ms and at_ms < to_ms) as back_n,
           count(*) filter (is_new and at_ms >= from_ms and at_ms < to_ms) as new_n
    from turns_of_customers, span_of_business group by entity
),
counted as (
    select count(*) filter (at_start) as started, count(*) filter (at_end) as ended,
           coalesce(sum(left_n), 0) as gone, coalesce(sum(back_n), 0) as back, coalesce(sum(new_n), 0) as new
    from members
),
bought as (
    select count(*) as purchases, count(distinct entity) as buyers, coalesce(sum(money), 0) / 1000 as amount
    from purchases, span_of_business where at_ms >= from_ms and at_ms < to_ms
),
-- R37: recorded amounts are spread evenly; elsewhere agents' hours online cost, and the fixed cost runs (nothing is ever
-- closed here).
merged as (
    select cost_from, cost_to, max(cost_to) over (
               order by cost_from, cost_to rows between unbounded preceding and 1 preceding) as reached
    from costs
),
pieces as (  -- the window, and less the parts of it that are covered, each once
    select from_ms as a, until_ms as b, 1 as sign from span_of_business
    union all
    select greatest(from_ms, cost_from, coalesce(reached, 0)), least(until_ms, cost_to), -1 from merged, span_of_business
),
exact as (
    select coalesce(sum(sign * rate * greatest(0, least(coalesce(until, b), b) - greatest(at_ms, a))), 0) as paid
    from doing, pieces where is_online and b > a
),
-- A board knows agents' time by local days: of one that a period covers in part, the part that is left counts.
days as (
    select greatest(start_ms, from_ms) as low, least(next_ms, until_ms) as high
    from (select start_ms, lead(start_ms, 1, 1152921504606846976) over (order by start_ms) as next_ms from organisation_days),
         span_of_business
    where next_ms > from_ms and start_ms < until_ms
),
by_days as (
    select coalesce(sum(paid * (1 - covered / (high - low))), 0) as paid
    from (select low, high, coalesce(sum(rate * greatest(0, least(coalesce(until, high), high) - greatest(at_ms, low))), 0)
                     as paid
          from days left join doing on is_online and at_ms < high
          where high > low group by low, high)
    join (select low, high, coalesce(sum(greatest(0, least(b, high) - greatest(a, low))) filter (b is not null), 0)::double
                     as covered
          from days left join pieces on sign = -1 and b > a
          where high > low group by low, high) using (low, high)
),
hours as (
    select if(w.by_day, d.paid, e.paid) / 3600000 / 1000 as paid from exact e, by_days d, wanted w
),
spent as (
    select (select coalesce(sum(money / 1000 * greatest(0, least(until_ms, cost_to) - greatest(from_ms, cost_from))
                                / (cost_to - cost_from)), 0) from costs) as recorded,
           (select coalesce(sum(greatest(0, least(until_ms, cost_to) - greatest(from_ms, cost_from, coalesce(reached, 0)))), 0)
            from merged) as covered_ms,
           until_ms - from_ms as length_ms
    from span_of_business
)
select *, recorded + paid + t.fixed * (length_ms - covered_ms) / 3600000 as cost,
       (select count(*) from placed where family = 'ticket' and kind = 'tickets_created' and queue is null and channel is null) as created,
       (select count(*) from placed where family = 'ticket' and kind in ('solved', 'solved_untimed') and queue is null
           and channel is null) as solved
from counted, bought, spent, hours, business_terms t;

insert into kpi_rows by name
with scores as (
    select 'cost_per_ticket' as kpi, cost as part, created as whole from business_sums where cost > 0
    union all
    select 'cost_per_resolution', cost, solved from business_sums where cost > 0
    union all
    select 'churn_ratio', gone - back, started from business_sums
    union all
    select 'retention_ratio', ended - new, started from business_sums
    union all  -- R38, S10
    select 'customer_lifetime_value',
           if(is_total, amount, amount / purchases) * purchases * (365 * 86400000.0 / length_ms) * years, buyers
    from business_sums where years is not null and length_ms > 0 and buyers > 0
)
select kpi, 'value' as stat, part / whole as value, whole::double as count
from scores, wanted
where wanted.business and whole > 0;
