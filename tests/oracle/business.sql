-- Customers: when each became one and ceased to be one; purchases; costs on record.
-- In: events, void. Out: turns_of_customers, purchases, costs.

-- Who churns without ever having been a customer is in no number.
create table turns_of_customers as
with said as (
    select topic, entity, n, at_ms, late, type, type <> 'customer.churned' as present,
           bool_or(type <> 'customer.churned') over past as known
    from events anti join void using (topic, entity)
    where type in ('customer.acquired', 'customer.churned', 'customer.reactivated')
    window past as (partition by topic, entity order by n)
),
changes as (
    select *, lag(present, 1, false) over (partition by topic, entity order by n) as was from said where known
),
turns as (
    select topic, entity, n, at_ms, late, type, present from changes where present <> was
)
select *, row_number() over life = 1 and type = 'customer.acquired' as is_new,
       lag(at_ms) over life as before_ms  -- of a return: when they left
from turns
window life as (partition by topic, entity order by n);

create table purchases as
select entity, n, at_ms, money from events anti join void using (topic, entity)
where type = 'purchase.made' and not late;

create table costs as
select cost_from, cost_to, money from events anti join void using (topic, entity) where type = 'cost.recorded';
