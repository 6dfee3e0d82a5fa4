"""Panels as these boards have them: a thin layer over Grafana's own generator, which could be replaced here.

The generator knows the form of the JSON. What every panel has is put in once: a description, a unit, a word for "no
value", the data source as a variable, the last value and not the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models import common as c
from grafana_foundation_sdk.models import dashboard as d
from grafana_foundation_sdk.models import heatmap as h
from grafana_foundation_sdk.models import prometheus as p

from grafana.look import CALM, Steps

SOURCE = d.DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_VALUE = "–"
Panel = Any  # a builder of the generator: each kind has a class of its own, with the same methods


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel. ``form``: range (a graph), instant (a value now), table (rows now), heatmap."""

    expr: str
    legend: str = ""
    form: str = "range"
    ref: str = ""

    def built(self, ref: str) -> prometheus.Dataquery:
        """As the generator has it."""
        query = prometheus.Dataquery().expr(self.expr).ref_id(self.ref or ref).datasource(SOURCE)
        query.legend_format(self.legend or "__auto").editor_mode(p.QueryEditorMode.CODE)
        if self.form in ("instant", "table"):
            query.instant()
        else:
            query.range()
        return query.format({
            "table": p.PromQueryFormat.TABLE, "heatmap": p.PromQueryFormat.HEATMAP,
        }.get(self.form, p.PromQueryFormat.TIME_SERIES))  # fmt: skip


def _dressed(panel: Panel, title: str, about: str, unit: str, queries: Sequence[Query], size: tuple[int, int]) -> Panel:
    width, height = size
    panel.title(title).description(about).unit(unit).no_value(NO_VALUE).datasource(SOURCE).span(width).height(height)
    for n, query in enumerate(queries):
        panel.with_target(query.built(chr(ord("A") + n)))
    return panel


def thresholds(panel: Panel, steps: Steps) -> Panel:
    """Colours by value."""
    built = [d.Threshold(value=value, color=colour) for value, colour in steps]
    panel.thresholds(dashboard.ThresholdsConfig().mode(d.ThresholdsMode.ABSOLUTE).steps(built))
    return panel.color_scheme(dashboard.FieldColor().mode(d.FieldColorModeId.THRESHOLDS))


def plain(panel: Panel, colour: str) -> Panel:
    """One colour whatever the value."""
    return panel.color_scheme(dashboard.FieldColor().mode(d.FieldColorModeId.FIXED).fixed_color(colour))


def coloured(panel: Panel, colours: dict[str, str], words: dict[str, str] | None = None) -> Panel:
    """A colour for each name of a series, and ``words`` for a name that is none to people."""
    for name, colour in colours.items():
        properties: dict[str, object] = {"color": {"mode": "fixed", "fixedColor": colour}}
        if words and name in words:
            properties["displayName"] = words[name]
        _override(panel.override_by_name, name, properties)
    return panel


def _override(match: Callable[..., Panel], told: str, properties: dict[str, object]) -> Panel:
    return match(told, [d.DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()])


def dashed(panel: Panel, pattern: str, colour: str) -> Panel:
    """Series whose name matches are a promise and not a measurement: dashed, thin, without fill."""
    properties: dict[str, object] = {
        "color": {"mode": "fixed", "fixedColor": colour},
        "custom.lineStyle": {"fill": "dash", "dash": [6, 6]},
        "custom.lineWidth": 1,
        "custom.fillOpacity": 0,
    }
    return _override(panel.override_by_regexp, f"/{pattern}/", properties)


def repeated(panel: Panel, variable: str, *, per_row: int = 6) -> Panel:
    """The panel once for each value of a variable, side by side over the whole width."""
    return panel.span(24).repeat(variable).repeat_direction("h").max_per_row(per_row)


def colour_from(panel: Panel, expr: str) -> Panel:
    """The colour of the value from the label ``colour`` of a query's only series."""
    panel.with_target(Query(expr, form="table", ref="Colour").built("Colour"))
    options = {"configRefId": "Colour", "mappings": [{"fieldName": "colour", "handlerKey": "color"}]}
    return panel.with_transformation(d.DataTransformerConfig(id_val="configFromData", options=options))


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def tile(
    title: str, about: str, unit: str, queries: Sequence[Query], size: tuple[int, int], steps: Steps = (),
    *, filled: bool = False, spark: bool = True, decimals: int | None = None, names: bool = False,
) -> Panel:  # fmt: skip
    """One number, or a few, large; filled with its colour on the wall."""
    panel = _dressed(stat.Panel(), title, about, unit, queries, size).reduce_options(_last())
    panel.color_mode(c.BigValueColorMode.BACKGROUND_SOLID if filled else c.BigValueColorMode.VALUE)
    panel.graph_mode(c.BigValueGraphMode.AREA if spark else c.BigValueGraphMode.NONE)
    panel.text_mode(c.BigValueTextMode.VALUE_AND_NAME if names else c.BigValueTextMode.VALUE)
    panel.justify_mode(c.BigValueJustifyMode.CENTER if filled else c.BigValueJustifyMode.AUTO)
    panel.orientation(c.VizOrientation.AUTO).wide_layout(True)
    if decimals is not None:
        panel.decimals(decimals)
    return thresholds(panel, steps) if steps else panel


def _graph(title: str, about: str, unit: str, queries: Sequence[Query], size: tuple[int, int]) -> Panel:
    panel = _dressed(timeseries.Panel(), title, about, unit, queries, size)
    panel.tooltip(common.VizTooltipOptions().mode(c.TooltipDisplayMode.MULTI).sort(c.SortOrder.DESCENDING))
    shown = common.VizLegendOptions().show_legend(True).display_mode(c.LegendDisplayMode.LIST).calcs([])
    panel.legend(shown.placement(c.LegendPlacement.BOTTOM))
    return panel.axis_border_show(False).show_points(c.VisibilityMode.NEVER)


def _palette(panel: Panel) -> Panel:
    """A colour of its own for each series."""
    return panel.color_scheme(dashboard.FieldColor().mode(d.FieldColorModeId.PALETTE_CLASSIC))


def lines(
    title: str, about: str, unit: str, queries: Sequence[Query], size: tuple[int, int],
    *, low: float | None = 0, high: float | None = None, at_least: float | None = None, steps: Steps = (),
) -> Panel:  # fmt: skip
    """Measurements over time; with ``steps`` their borders as dashed lines. The axis goes up to ``at_least`` even where
    everything is zero.
    """
    panel = _graph(title, about, unit, queries, size)
    _palette(panel).line_width(2).fill_opacity(6).line_interpolation(c.LineInterpolation.LINEAR)
    if low is not None:
        panel.min(low)
    if high is not None:
        panel.max(high)
    if at_least is not None:
        panel.axis_soft_max(at_least)
    if steps:
        _palette(thresholds(panel, steps))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(c.GraphThresholdsStyleMode.DASHED))
    return panel


def stacked(
    title: str, about: str, unit: str, queries: Sequence[Query], size: tuple[int, int],
) -> Panel:  # fmt: skip
    """Parts of a whole over time, one upon the other."""
    panel = _graph(title, about, unit, queries, size).min(0)
    _palette(panel).stacking(common.StackingConfig().mode(c.StackingMode.NORMAL).group("A"))
    return panel.fill_opacity(70).line_width(1).line_interpolation(c.LineInterpolation.STEP_AFTER)


def density(title: str, about: str, unit: str, query: Query, size: tuple[int, int], scheme: str) -> Panel:
    """A histogram over time: how many in each band."""
    panel = _dressed(heatmap.Panel(), title, about, "short", [query], size)
    panel.y_axis(heatmap.YAxisConfig().unit(unit).axis_placement(c.AxisPlacement.LEFT)).cell_gap(1)
    colours = heatmap.HeatmapColorOptions().scheme(scheme).mode(h.HeatmapColorMode.SCHEME).steps(64)
    panel.color(colours.scale(h.HeatmapColorScale.EXPONENTIAL).exponent(0.5).fill(CALM).reverse(False))
    panel.filter_values(heatmap.FilterValueRange().le(1e-9))
    return panel.hide_legend()


def bars(
    title: str, about: str, unit: str, queries: Sequence[Query], size: tuple[int, int], steps: Steps,
    *, low: float = 0, high: float = 1,
) -> Panel:  # fmt: skip
    """One bar for each series, from ``low`` to ``high``."""
    panel = _dressed(bargauge.Panel(), title, about, unit, queries, size).reduce_options(_last())
    panel.orientation(c.VizOrientation.HORIZONTAL).display_mode(c.BarGaugeDisplayMode.BASIC)
    panel.min(low).max(high).show_unfilled(True).value_mode(c.BarGaugeValueMode.TEXT)
    return thresholds(panel, steps)


def timeline(
    title: str, about: str, queries: Sequence[Query], size: tuple[int, int], steps: Steps, words: dict[str, str]
) -> Panel:  # fmt: skip
    """What each series was when, as coloured strips; ``words`` says what a value means."""
    panel = _dressed(statetimeline.Panel(), title, about, "short", queries, size)
    panel.mappings([d.ValueMap(options={value: d.ValueMappingResult(text=text) for value, text in words.items()})])
    panel.show_value(c.VisibilityMode.AUTO).row_height(0.85).merge_values(True).line_width(0).fill_opacity(85)
    panel.legend(common.VizLegendOptions().show_legend(False).display_mode(c.LegendDisplayMode.LIST))
    return thresholds(panel, steps)


def table(
    title: str, about: str, queries: Sequence[Query], size: tuple[int, int], columns: dict[str, tuple[str, str]],
) -> Panel:  # fmt: skip
    """A row for each combination of labels, a column for each query: ``columns`` are ref or label -> heading, unit."""
    panel = _dressed(tables.Panel(), title, about, "short", queries, size).show_header(True)
    panel.cell_height(c.TableCellHeight.SM).min_width(60)
    panel.with_transformation(d.DataTransformerConfig(id_val="merge", options={}))
    value = "Value #{}" if len(queries) > 1 else "Value"
    names = {(value.format(key) if key in {q.ref for q in queries} else key): told for key, told in columns.items()}
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": {name: n for n, name in enumerate(names)},
        "renameByName": {name: heading for name, (heading, _) in names.items()},
    }
    panel.with_transformation(d.DataTransformerConfig(id_val="organize", options=organize))
    for heading, unit in columns.values():
        if unit:
            shown: dict[str, object] = {"unit": unit, "decimals": 1} if unit == "percentunit" else {"unit": unit}
            _override(panel.override_by_name, heading, shown)
    return panel


def cells(panel: Panel, heading: str, steps: Steps, **options: object) -> Panel:
    """The cells of a column coloured by value, or (``type="gauge"``) with a bar."""
    rows = [{"value": value, "color": colour} for value, colour in steps]
    properties: dict[str, object] = {
        "thresholds": {"mode": "absolute", "steps": rows},
        "color": {"mode": "thresholds"},
        "custom.cellOptions": options or {"type": "color-text"},
    }
    if options.get("type") == "gauge":
        properties |= {"min": 0, "max": 1}
    return _override(panel.override_by_name, heading, properties)
