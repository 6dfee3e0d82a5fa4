// From a board's queries to data frames, as Grafana's Prometheus data source makes them.
import {
  createTheme, DataFrame, DataTransformerConfig, Field, FieldConfig, FieldType, getDisplayProcessor, getFieldDisplayName,
  standardTransformers, standardTransformersRegistry, toDataFrame, transformDataFrame,
} from '@grafana/data';
import {firstValueFrom, map} from 'rxjs';

export type Json = any;
export type Range = {from: number; to: number};
export type Choices = Record<string, string[]>;

export const theme = createTheme({colors: {mode: 'dark'}});

async function ask(path: string, parameters: Record<string, string>): Promise<Json> {
  const answer = await fetch(`/prometheus/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const body = await answer.json();
  if (body.status !== 'success') throw new Error(`${parameters.query}: ${body.error}`);
  return body.data;
}

export async function choices(board: Json): Promise<Choices> {
  const found: Choices = {};
  for (const variable of board.templating.list) {
    const told = /^label_values\((.*), *(\w+)\)$/.exec(variable.query?.query ?? '');
    if (told) found[variable.name] = await ask(`label/${told[2]}/values`, {'match[]': told[1]});
  }
  return found;
}

export function filled(text: string, chosen: Choices, rate = ''): string {
  let out = text.replaceAll('$__rate_interval', rate);
  for (const [name, values] of Object.entries(chosen)) {
    const escaped = values.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\\\$&'));
    out = out.replaceAll(`"$${name}"`, `"${escaped.length > 1 ? `(${escaped.join('|')})` : escaped[0]}"`);
    out = out.replaceAll(`$${name}`, values.join(' + '));
  }
  return out;
}

const legend = (format: string, labels: Record<string, string>) => {
  const {__name__: metric, ...others} = labels;
  if (format !== '__auto') return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? '');
  const told = Object.entries(others).map(([name, value]) => `${name}="${value}"`).join(', ');
  return `${metric ?? ''}{${told}}`;
};

export async function frames(panel: Json, chosen: Choices, range: Range, width: number, scrape: number): Promise<DataFrame[]> {
  const step = Math.max(scrape, Math.ceil((range.to - range.from) / 1000 / Math.max(width, 100)));
  const rate = `${Math.max(step + scrape, 4 * scrape)}s`;
  const tables = panel.targets.filter((target: Json) => target.format === 'table').length;
  const found: DataFrame[] = [];
  for (const target of panel.targets) {
    const query = filled(target.expr, chosen, rate);
    const times = {start: `${range.from / 1000}`, end: `${range.to / 1000}`, step: `${step}`};
    const {result} = target.instant
      ? await ask('query', {query, time: times.end})
      : await ask('query_range', {query, ...times});
    found.push(...(target.format === 'table'
      ? tableOf(target.refId, result, tables)
      : result.map((series: Json) => seriesOf(target, series))));
  }
  const transformed = await firstValueFrom(transformDataFrame(panel.transformations ?? [], found));
  return transformed.map((frame) => dressed(frame, transformed, panel));
}

function seriesOf(target: Json, {metric, values, value}: Json): DataFrame {
  const points = values ?? [value];
  const name = legend(target.legendFormat, metric);
  return toDataFrame({
    refId: target.refId, name,
    fields: [
      {name: 'Time', type: FieldType.time, values: points.map(([t]: Json) => t * 1000)},
      {name: 'Value', type: FieldType.number, labels: metric, config: {displayNameFromDS: name}, values: points.map(([, v]: Json) => Number(v))},
    ],
  });
}

function tableOf(refId: string, result: Json[], tables: number): DataFrame[] {
  const labels = [...new Set(result.flatMap(({metric}) => Object.keys(metric)))].sort();
  return [toDataFrame({
    refId,
    fields: [
      {name: 'Time', type: FieldType.time, values: result.map(({value}) => value[0] * 1000)},
      ...labels.map((name) => ({name, type: FieldType.string, values: result.map(({metric}) => metric[name] ?? '')})),
      {name: tables > 1 ? `Value #${refId}` : 'Value', type: FieldType.number, values: result.map(({value}) => Number(value[1]))},
    ],
  })];
}

// "Config from query results" is in Grafana's server part only: here as much of it as the boards use, a colour.
const colourFrom = {
  id: 'configFromData', name: '', defaultOptions: {},
  operator: (options: Json) => (source: Json) => source.pipe(map((data: DataFrame[]) => {
    const told = data.find((frame) => frame.refId === options.configRefId);
    const wanted = options.mappings.find((mapping: Json) => mapping.handlerKey === 'color').fieldName;
    const colour = told?.fields.find((field) => field.name === wanted)?.values.at(-1);
    return data.filter((frame) => frame !== told).map((frame) => ({
      ...frame,
      fields: frame.fields.map((field) => field.type !== FieldType.number || !colour ? field
        : {...field, config: {...field.config, color: {mode: 'fixed', fixedColor: colour}}}),
    }));
  })),
};
standardTransformersRegistry.setInit(() => [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer, colourFrom]
  .map((one) => ({id: one.id, transformation: one, name: one.name ?? ''})) as Json);

const matches = (matcher: Json, name: string) =>
  matcher.id === 'byName' ? matcher.options === name : new RegExp(matcher.options.replace(/^\/|\/$/g, '')).test(name);

// Defaults, then overrides, then what displays the value: what Grafana's applyFieldOverrides does.
function dressed(frame: DataFrame, all: DataFrame[], panel: Json): DataFrame {
  const fields = frame.fields.map((field): Field => {
    const name = getFieldDisplayName(field, frame, all);
    const defaults = panel.fieldConfig.defaults;
    const config: FieldConfig = field.type === FieldType.time ? {...field.config}
      : structuredClone({...defaults, custom: defaults.custom ?? {}, ...field.config});
    const steps = (told: Json) => told.steps.forEach((step: Json) => { step.value ??= -Infinity; });
    if (field.type === FieldType.string) delete config.unit;
    for (const {matcher, properties} of panel.fieldConfig.overrides) {
      if (field.type === FieldType.time || !matches(matcher, name)) continue;
      for (const {id, value} of structuredClone(properties)) {
        if (id.startsWith('custom.')) (config.custom as Json)[id.slice(7)] = value;
        else (config as Json)[id] = value;
      }
    }
    if (config.thresholds) steps(config.thresholds);
    const numbers = field.type === FieldType.number ? field.values.filter((v: number) => Number.isFinite(v)) : [];
    const min = config.min ?? Math.min(...numbers), max = config.max ?? Math.max(...numbers);
    const series = all.findIndex((one) => one.refId === frame.refId && one.name === frame.name && one.fields[1]?.labels === frame.fields[1]?.labels);
    const out = {...field, config, state: {...field.state, displayName: config.displayName ?? name, seriesIndex: Math.max(series, 0), range: numbers.length ? {min, max, delta: max - min} : undefined}};
    out.display = getDisplayProcessor({field: out, theme});
    return out;
  });
  return {...frame, fields};
}
export type {DataTransformerConfig};
