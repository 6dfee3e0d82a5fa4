// The two kinds of panel that Grafana does not publish as components: a heatmap, and strips of states.
import {DataFrame, dateTimeFormat, formattedValueToString, getValueFormat} from '@grafana/data';
import * as schemes from 'd3-scale-chromatic';
import React from 'react';
import {Json, Range, theme} from './data';

const LEFT = 64, BOTTOM = 22, TOP = 10, GREY = theme.colors.text.secondary;
const text = {fill: GREY, fontSize: 12, fontFamily: theme.typography.fontFamily};

function TimeAxis({range, width, height, left}: {range: Range; width: number; height: number; left: number}) {
  const count = Math.max(2, Math.floor((width - left) / 110));
  const minute = 60_000;
  const step = [1, 2, 5, 10, 15, 30, 60, 120].map((m) => m * minute).find((s) => (range.to - range.from) / s <= count) ?? 240 * minute;
  const ticks = [];
  for (let t = Math.ceil(range.from / step) * step; t < range.to; t += step) ticks.push(t);
  return <g>{ticks.map((t) => (
    <text key={t} {...text} textAnchor="middle" y={height - 6} x={left + ((t - range.from) / (range.to - range.from)) * (width - left)}>
      {dateTimeFormat(t, {format: 'HH:mm', timeZone: 'utc'})}
    </text>))}</g>;
}

export function Heatmap({panel, data, range, width, height}: {panel: Json; data: DataFrame[]; range: Range; width: number; height: number}) {
  const edge = (frame: DataFrame) => Number((frame.fields[1].labels?.le ?? '').replace('+Inf', 'Infinity'));
  const rows = [...data].sort((a, b) => edge(a) - edge(b));
  const times = [...new Set(rows.flatMap((frame) => frame.fields[0].values as number[]))].sort((a, b) => a - b);
  const at = rows.map((frame) => new Map(frame.fields[0].values.map((t: number, n: number) => [t, frame.fields[1].values[n] as number])));
  const columns = Math.min(times.length, Math.max(20, Math.floor((width - LEFT) / 12)));
  const cell = (row: number, from: number, to: number) =>
    times.filter((t) => t >= from && t < to).reduce((sum, t) => sum + Math.max(0, (at[row].get(t) ?? 0) - (row ? at[row - 1].get(t) ?? 0 : 0)), 0);
  const span = (range.to - range.from) / columns;
  const cells = rows.map((_, row) => Array.from({length: columns}, (_, n) => cell(row, range.from + n * span, range.from + (n + 1) * span)));
  const first = cells.findIndex((row) => row.some((v) => v > 0.05)), last = cells.findLastIndex((row) => row.some((v) => v > 0.05));
  const shown = cells.slice(Math.max(first - 1, 0), last + 2);
  const edges = rows.slice(Math.max(first - 1, 0), last + 2).map(edge);
  const most = Math.max(...shown.flat());
  const h = (height - BOTTOM - TOP) / Math.max(shown.length, 1), w = (width - LEFT) / columns;
  const colour = (schemes as Json)[`interpolate${panel.options.color.scheme}`];
  const format = getValueFormat(panel.options.yAxis.unit);
  return <svg width={width} height={height}>
    {shown.map((row, r) => row.map((value, n) => value > 0.05 &&
      <rect key={`${r}.${n}`} x={LEFT + n * w + 0.5} y={height - BOTTOM - (r + 1) * h + 0.5} width={Math.max(w - 1, 1)} height={Math.max(h - 1, 1)}
        fill={colour(1 - (value / most) ** panel.options.color.exponent)} />))}
    {edges.map((value, r) => (edges.length < 14 || r % 2 === 0) && Number.isFinite(value) &&
      <text key={r} {...text} textAnchor="end" x={LEFT - 8} y={height - BOTTOM - (r + 1) * h + 4}>{formattedValueToString(format(value))}</text>)}
    <TimeAxis range={range} width={width} height={height} left={LEFT} />
  </svg>;
}

export function Strips({data, range, width, height}: {data: DataFrame[]; range: Range; width: number; height: number}) {
  const left = 90, h = (height - BOTTOM) / Math.max(data.length, 1);
  const x = (t: number) => left + ((t - range.from) / (range.to - range.from)) * (width - left);
  return <svg width={width} height={height}>
    {data.map((frame, row) => {
      const [times, values] = [frame.fields[0].values, frame.fields[1].values];
      const parts: Array<{from: number; to: number; value: number}> = [];
      times.forEach((t: number, n: number) => {
        const until = n + 1 < times.length ? times[n + 1] : range.to;
        const before = parts.at(-1);
        if (before && before.value === values[n]) before.to = until;
        else parts.push({from: t, to: until, value: values[n]});
      });
      return <g key={row}>
        <text {...text} textAnchor="end" x={left - 10} y={row * h + h / 2 + 4}>{frame.fields[1].state?.displayName}</text>
        {parts.map((part, n) => {
          const shown = frame.fields[1].display!(part.value), wide = x(part.to) - x(part.from);
          return <g key={n}>
            <rect x={x(part.from)} y={row * h + h * 0.08} width={Math.max(wide, 0.6)} height={h * 0.84} fill={shown.color} opacity={0.85} />
            {wide > shown.text.length * 7 + 8 && <text x={x(part.from) + wide / 2} y={row * h + h / 2 + 4} textAnchor="middle" fontSize={12} fill="#fff" fontFamily={text.fontFamily}>{shown.text}</text>}
          </g>;
        })}
      </g>;
    })}
    <TimeAxis range={range} width={width} height={height} left={left} />
  </svg>;
}
