// Draws one board with Grafana's components, from a Prometheus that runs. The address says which:
// ?board=UID&minutes=60&to=MILLISECONDS&scrape=5
import '@fontsource/inter/400.css';
import 'uplot/dist/uPlot.min.css';
import '@fontsource/inter/500.css';
import {DataFrame, dateTime, FieldType, getFieldDisplayValues, DisplayValueAlignmentFactors, getDisplayValueAlignmentFactors, FieldDisplay} from '@grafana/data';
import {BarGauge, BigValue, GlobalStyles, PanelChrome, Table, ThemeContext, TimeSeries, VizRepeater} from '@grafana/ui';
import React from 'react';
import {createRoot} from 'react-dom/client';
import {Choices, choices, filled, frames, Json, Range, theme} from './data';
import {Heatmap, Strips} from './drawn';

const asked = new URLSearchParams(location.search);
const CELL = 30, GAP = 8, COLUMNS = 24, WIDTH = window.innerWidth;
const range: Range = {to: Number(asked.get('to')), from: Number(asked.get('to')) - Number(asked.get('minutes')) * 60_000};
const timeRange = {from: dateTime(range.from), to: dateTime(range.to), raw: {from: dateTime(range.from), to: dateTime(range.to)}};
const scrape = Number(asked.get('scrape') ?? 5);

type Placed = {panel: Json; chosen: Choices; x: number; y: number; w: number; h: number};

// Repeated panels stand side by side, and push down what is below them.
function placed(board: Json, all: Choices): Placed[] {
  const out: Placed[] = [];
  let pushed = 0;
  for (const panel of [...board.panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x)) {
    const {x, y, w, h} = panel.gridPos;
    if (!panel.repeat) { out.push({panel, chosen: all, x, y: y + pushed, w, h}); continue; }
    const values = all[panel.repeat], wide = Math.floor(COLUMNS / Math.min(values.length, panel.maxPerRow));
    values.forEach((value, n) => {
      const line = Math.floor(n / panel.maxPerRow);
      out.push({panel, chosen: {...all, [panel.repeat]: [value]}, x: (n % panel.maxPerRow) * wide, y: y + pushed + line * h, w: wide, h});
    });
    pushed += (Math.ceil(values.length / panel.maxPerRow) - 1) * h;
  }
  return out;
}

const displays = (panel: Json, data: DataFrame[]) => getFieldDisplayValues({
  fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: (text) => text,
  theme, data, sparkline: panel.options.graphMode === 'area', timeZone: 'utc',
});

function Tiles({panel, data, width, height}: {panel: Json; data: DataFrame[]; width: number; height: number}) {
  const {options} = panel;
  return <VizRepeater
    getValues={() => displays(panel, data)} width={width} height={height} source={data} renderCounter={0} autoGrid={true}
    orientation={options.orientation} itemSpacing={3} getAlignmentFactors={getDisplayValueAlignmentFactors}
    renderValue={({value, alignmentFactors, width, height, count}: Json) => {
      if (value.sparkline) value.sparkline.timeRange = timeRange;
      return <BigValue value={value.display} count={count} sparkline={value.sparkline} colorMode={options.colorMode}
        graphMode={options.graphMode} justifyMode={options.justifyMode} textMode={options.textMode === 'value' && count > 1 ? 'auto' : options.textMode}
        alignmentFactors={alignmentFactors} text={options.text} width={width} height={height} theme={theme} wideLayout={options.wideLayout} />;
    }} />;
}

function Bars({panel, data, width, height}: {panel: Json; data: DataFrame[]; width: number; height: number}) {
  return <VizRepeater
    getValues={() => displays(panel, data)} width={width} height={height} source={data} renderCounter={0}
    orientation={panel.options.orientation} itemSpacing={8} minVizHeight={16} maxVizHeight={60} getAlignmentFactors={getDisplayValueAlignmentFactors}
    renderValue={({value, alignmentFactors, width, height}: Json) =>
      <BarGauge value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor?.(value.colIndex)} text={panel.options.text}
        width={width} height={height} orientation={panel.options.orientation} theme={theme} itemSpacing={8} lcdCellWidth={12}
        displayMode={panel.options.displayMode} showUnfilled={panel.options.showUnfilled} valueDisplayMode={panel.options.valueMode}
        alignmentFactors={alignmentFactors as DisplayValueAlignmentFactors} />} />;
}

function Body({panel, data, width, height}: {panel: Json; data: DataFrame[]; width: number; height: number}) {
  const empty = data.every((frame) => frame.length === 0);
  if (panel.type === 'heatmap') return <Heatmap {...{panel, data, range, width, height}} />;
  if (empty && panel.type !== 'stat') return <div className="empty">{panel.fieldConfig.defaults.noValue}</div>;
  if (empty) {
    return <BigValue value={{text: panel.fieldConfig.defaults.noValue, numeric: NaN, color: theme.colors.background.secondary}} width={width} height={height}
      colorMode={panel.options.colorMode} graphMode={'none' as Json} justifyMode={panel.options.justifyMode} theme={theme} />;
  }
  if (panel.type === 'stat') return <Tiles {...{panel, data, width, height}} />;
  if (panel.type === 'bargauge') return <Bars {...{panel, data, width, height}} />;
  if (panel.type === 'state-timeline') return <Strips {...{data, range, width, height}} />;
  if (panel.type === 'table') return <Table data={data[0]} width={width} height={height} cellHeight={panel.options.cellHeight} timeRange={timeRange} />;
  return <TimeSeries frames={data} structureRev={1} timeRange={timeRange} timeZone="utc" width={width} height={height} legend={panel.options.legend} options={{}} />;
}

function Panel({at, data}: {at: Placed; data: DataFrame[]}) {
  const unit = (WIDTH - 2 * GAP - (COLUMNS - 1) * GAP) / COLUMNS;
  const width = at.w * unit + (at.w - 1) * GAP, height = at.h * (CELL + GAP) - GAP;
  const style = {position: 'absolute' as const, left: GAP + at.x * (unit + GAP), top: GAP + at.y * (CELL + GAP), width, height};
  if (at.panel.type === 'row') return <div className="heading" style={style}>{at.panel.title}</div>;
  return <div style={style}>
    <PanelChrome title={filled(at.panel.title, at.chosen)} width={width} height={height} padding={at.panel.type === 'table' ? 'none' : 'md'}>
      {(w, h) => <Body panel={at.panel} data={data} width={w} height={h} />}
    </PanelChrome>
  </div>;
}

const failed = (error: Json) => { document.title = 'failed'; document.body.textContent = String(error?.stack ?? error); };

window.addEventListener('error', ({error}) => failed(error));

async function main() {
  const board = await (await fetch(`/boards/${asked.get('board')}.json`)).json();
  const all = await choices(board);
  const tiles = placed(board, all);
  const data = await Promise.all(tiles.map(async ({panel, chosen, w}) =>
    panel.type === 'row' ? [] : frames(panel, chosen, range, (WIDTH * w) / COLUMNS, scrape)));
  const height = Math.max(...tiles.map(({y, h}) => y + h)) * (CELL + GAP) + 2 * GAP;
  document.body.style.height = `${height}px`;
  createRoot(document.getElementById('board')!, {onUncaughtError: failed} as Json).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      {tiles.map((at, n) => <Panel key={n} at={at} data={data[n]} />)}
    </ThemeContext.Provider>);
  document.title = `${height}`;
}

main().catch(failed);
export {FieldType};
export type {FieldDisplay};
