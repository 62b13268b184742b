'use strict';

// The page of one run (its numbers are in the element #run) or of several that are followed (they come from the address "events").
const runs = new Map();
const selected = new Set();
const charts = new Map();
const inline = document.getElementById('run');
const options = { smoothing: 0.6, log: false };
let link = '';
let isDue = false;
let isChosen = false;

const MOST_ROWS = 30;
const NOISY = 60;
const PHASES = [['data', 'waiting for data', 4], ['forward', 'forward', 0], ['backward', 'backward', 3], ['optimizer', 'optimizer', 2],
  ['validation', 'validation', 1], ['checkpoints', 'waiting for checkpoints', 5], ['rest', 'everything else', 7]];

// Elements are made from text only, so that no name in a log becomes markup.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') {
      element.addEventListener(name, value);
    } else if (value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }

  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

const color = index => index < 0 ? 'var(--soft)' : `var(--c${index % 8})`;
const resolved = index => getComputedStyle(document.documentElement).getPropertyValue(`--c${index % 8}`).trim();
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dot = index => make('i', { class: 'dot', style: `background:${color(index)}` });
const count = value => Math.round(value).toLocaleString('en-US');

function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return '-';
  }

  const size = Math.abs(value);
  return size === 0 ? '0'
    : size < 0.0001 || size >= 1e6 ? value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e')
    : size < 1 ? value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
    : value.toLocaleString('en-US', { maximumFractionDigits: size >= 100 ? 1 : size >= 10 ? 2 : 4 });
}

function duration(seconds) {
  const whole = Math.floor(seconds);
  return seconds < 1 ? milliseconds(seconds * 1000)
    : seconds < 60 ? `${seconds.toFixed(1)} s`
    : seconds < 3600 ? `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
    : `${count(Math.floor(whole / 3600))} h ${String(Math.floor(whole % 3600 / 60)).padStart(2, '0')} min`;
}

function milliseconds(value) {
  return value >= 10000 ? duration(value / 1000) : value >= 100 ? `${count(value)} ms` : `${Number(value.toFixed(2))} ms`;
}

function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return unit === 0 ? `${value} B` : `${(value / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}

const moment = text => text ? text.slice(0, 19).replace('T', ' ') : '-';

function median(points) {
  const values = points.map(point => point[1]).sort((a, b) => a - b);
  return values.length === 0 ? undefined : values[Math.floor(values.length / 2)];
}

// Curves that differ only in "train_" and "val_" share a chart, and so do learning rates.
function titleOf(name) {
  if (/^(lr|learning_rate)$|^lr[-/_]/i.test(name)) {
    return 'learning rate';
  }

  const plain = name.replace(/^(train|val|valid|validation|test)[_/.-](?=.)/i, '');
  return plain.replace(/(?<=.)_(step|epoch)$/, '');
}

const orderOf = title => /loss/i.test(title) ? 0 : title === 'learning rate' ? 2 : 1;

function smooth(points, factor) {
  let sum = 0;
  let weight = 0;
  return points.map(([step, value]) => {
    sum = sum * factor + value * (1 - factor);
    weight = weight * factor + (1 - factor); // So that it does not begin at zero.
    return [step, sum / weight];
  });
}

function isNoisy(points) {
  let turns = 0;
  for (let at = 1; at < points.length - 1; at++) {
    turns += (points[at][1] - points[at - 1][1]) * (points[at + 1][1] - points[at][1]) < 0 ? 1 : 0;
  }

  return points.length > NOISY && turns > points.length / 5;
}

const shown = () => [...runs.values()].filter(run => selected.has(run.id));
const colorOf = run => [...runs.keys()].indexOf(run.id);

// --- charts

function chartsOf(list) {
  const groups = new Map();
  const add = (title, curve) => groups.set(title, [...(groups.get(title) ?? []), curve]);
  const several = list.length > 1;
  for (const run of list) {
    const within = new Map();
    for (const [name, points] of Object.entries(run.metrics)) {
      const title = titleOf(name);
      const place = within.get(title) ?? 0;
      within.set(title, place + 1);
      add(title, { name: several ? `${run.title}: ${name}` : name, points, color: several ? colorOf(run) : place, dash: several ? place : 0 });
    }
  }

  const sorted = [...groups].sort((a, b) => orderOf(a[0]) - orderOf(b[0])).map(([title, curves]) => ({ title, curves, unit: '' }));
  const extra = (title, curve) => {
    const curves = list.map(run => ({ name: several ? run.title : title, points: curve(run), color: several ? colorOf(run) : 0, dash: 0 }))
      .filter(each => each.points.length > 0);
    if (curves.length > 0) {
      sorted.push({ title, curves, unit: ' ms', zero: true, bars: title === 'checkpoint stalls' });
    }
  };
  extra('step time', run => run.step_ms);
  extra('checkpoint stalls', run => run.checkpoints.map(row => [row[0], row[4] * 1000]).sort((a, b) => a[0] - b[0]));
  return sorted;
}

// The lines of a chart: a fluctuating curve is drawn thin, with a smoothed one over it.
function linesOf(chart) {
  const lines = [];
  for (const curve of chart.curves) {
    const noisy = !chart.bars && options.smoothing > 0 && isNoisy(curve.points);
    if (noisy) {
      lines.push({ curve, points: curve.points, raw: true });
    }

    lines.push({ curve, points: noisy ? smooth(curve.points, options.smoothing) : curve.points, raw: false });
  }

  return lines;
}

function tableOf(points) {
  const last = new Map(points.map(([step, value]) => [step, value])); // uPlot wants each step once, in order.
  const steps = [...last.keys()].sort((a, b) => a - b);
  return [steps, steps.map(step => last.get(step))];
}

function draw(holder, legend, chart) {
  const lines = linesOf(chart);
  const isLog = options.log && !chart.zero && lines.every(line => line.points.every(point => point[1] > 0));
  const data = uPlot.join(lines.map(line => tableOf(line.points)));
  const key = JSON.stringify([isLog, lines.map(line => [line.curve.name, line.curve.color, line.raw])]);
  if (holder.chart && holder.key === key) {
    holder.lines = lines;
    holder.chart.setData(data);
    label(legend, chart, lines, holder.chart);
    return;
  }

  holder.chart?.destroy();
  const axis = { stroke: style('--soft'), grid: { stroke: style('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  holder.lines = lines;
  holder.key = key;
  holder.chart = new uPlot({
    width: Math.max(holder.clientWidth, 200),
    height: 220,
    legend: { show: false },
    cursor: { sync: { key: 'steps', scales: ['x', null] }, points: { size: 7 }, drag: { x: true, y: false }, y: false },
    scales: {
      x: { time: false, range: (_, low, high) => low === high ? [low - 1, high + 1] : [low, high] },
      y: chart.zero
        ? { range: (_, low, high) => [0, (high || 1) * 1.08] }
        : isLog ? { distr: 3 } : { range: (_, low, high) => bounds(low, high) },
    },
    axes: [
      { ...axis, size: 28, space: 60, incrs: [1, 2, 5].flatMap(one => [1, 10, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].map(power => one * power)).sort((a, b) => a - b), values: (_, ticks) => ticks.map(tick => tick >= 1e6 ? number(tick) : count(tick)) },
      { ...axis, size: 64, space: 34, values: (_, ticks) => ticks.map(tick => tick === null ? '' : number(tick) + chart.unit) },
    ],
    series: [{}, ...lines.map(line => ({
      label: line.curve.name,
      stroke: resolved(line.curve.color) + (line.raw ? '50' : ''),
      fill: chart.bars && chart.curves.length === 1 ? resolved(line.curve.color) : undefined,
      width: line.raw ? 1 : 2,
      dash: line.curve.dash === 0 ? undefined : line.curve.dash === 1 ? [6, 4] : [2, 3],
      spanGaps: true,
      paths: chart.bars && chart.curves.length === 1 ? uPlot.paths.bars({ size: [0.5, 8, 2] }) : undefined,
      points: { show: line.points.length <= 40 && !line.raw && !(chart.bars && chart.curves.length === 1), size: 6, fill: resolved(line.curve.color) },
    }))],
    hooks: { setCursor: [plot => label(legend, chart, holder.lines, plot)] },
  }, data, holder);
  label(legend, chart, lines, holder.chart);
}

function bounds(low, high) {
  if (low === null || high === null) {
    return [0, 1];
  }

  const space = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * 0.06;
  return [low - space, high + space];
}

// The values under the cursor; without it, the newest ones.
function label(legend, chart, lines, plot) {
  const at = plot.cursor?.idx;
  const step = at === null || at === undefined ? null : plot.data[0][at];
  const entries = chart.curves.map(curve => {
    const points = step === null ? curve.points : curve.points.filter(point => point[0] <= step);
    return make('span', {}, dot(curve.color), curve.name, ' ', make('b', {}, points.length > 0 ? number(points[points.length - 1][1]) + chart.unit : '-'));
  });
  legend.replaceChildren(...entries, ...(step === null ? [] : [make('span', {}, `step ${count(step)}`)]));
}

function drawAll(list) {
  const area = document.getElementById('charts');
  const wanted = chartsOf(list);
  const titles = wanted.map(chart => chart.title);
  for (const [title, known] of [...charts]) {
    if (!titles.includes(title)) {
      known.holder.chart?.destroy();
      known.card.remove();
      charts.delete(title);
    }
  }

  wanted.forEach((chart, index) => {
    let known = charts.get(chart.title);
    if (!known) {
      known = { holder: make('div', { class: 'plot' }), legend: make('div', { class: 'legend' }) };
      known.card = make('div', { class: 'card' }, make('h3', {}, chart.title), known.legend, known.holder);
      new ResizeObserver(() => known.holder.chart?.setSize({ width: Math.max(known.holder.clientWidth, 200), height: 220 })).observe(known.holder);
      charts.set(chart.title, known);
    }

    if (area.children[index] !== known.card) {
      area.insertBefore(known.card, area.children[index] ?? null);
    }

    draw(known.holder, known.legend, chart);
  });
}

function redrawAll() {
  for (const { holder } of charts.values()) {
    holder.chart?.destroy();
    holder.chart = null;
  }

  schedule();
}

// --- the rest of the page

function headerOf(list) {
  const one = list.length === 1 ? list[0] : null;
  const state = make('span', { class: `link ${link === 'connection lost' ? 'lost' : ''}`, id: 'link' }, link);
  if (!one) {
    return [make('h1', {}, runs.size === 0 ? 'No runs yet' : list.length === 0 ? 'Select a run' : `${list.length} runs`), state];
  }

  const resumed = one.resumes.length > 0 ? `; resumed at step ${one.resumes.join(', ')}` : '';
  return [
    make('h1', {}, one.title),
    make('span', { class: `badge ${one.status}` }, one.status),
    state,
    make('p', {}, `started ${moment(one.started)} UTC, last written ${moment(one.updated)} UTC${resumed}`),
  ];
}

function chipsOf() {
  return inline ? [] : [...runs.values()].map((run, index) => make(
    'button',
    { class: 'run', type: 'button', style: `--run:${color(index)}`, 'aria-pressed': selected.has(run.id), 'data-run': run.id, click: () => toggle(run.id) },
    dot(index), make('span', {}, run.title), make('small', { class: run.status }, `${run.status}, step ${count(run.step)}`)));
}

function tilesOf(run) {
  const tile = (value, name) => make('div', { class: 'tile' }, make('b', {}, value), make('span', {}, name));
  const step = median(run.step_ms);
  return [
    tile(count(run.step), 'optimizer steps'),
    tile(count(run.epoch), 'epochs completed'),
    tile(duration(run.seconds), 'in all'),
    tile(step === undefined ? '-' : `${number(step)} ms`, 'a step (median)'),
    tile(count(run.checkpoints.filter(row => row[2] === 'durable').length), 'durable checkpoints'),
    tile(milliseconds(run.checkpoints.reduce((sum, row) => sum + row[4], 0) * 1000), 'training waited for them'),
  ];
}

// Saves are requested between two batches, so that their stalls are part of the time to the next batch or of the optimizer.
function sharesOf(run) {
  const spent = { ...run.phases };
  let stall = run.checkpoints.reduce((sum, row) => sum + row[4], 0);
  spent.checkpoints = stall;
  for (const phase of ['data', 'optimizer']) {
    const part = Math.min(stall, spent[phase] ?? 0);
    spent[phase] = (spent[phase] ?? 0) - part;
    stall -= part;
  }

  spent.rest = Math.max(0, run.seconds - Object.values(spent).reduce((sum, value) => sum + value, 0));
  return PHASES.filter(([phase]) => spent[phase] > 0).map(([phase, name, place]) => ({ name, place, seconds: spent[phase] }));
}

function table(head, rows) {
  const cell = (tag, text, numeric, wide) => make(tag, { class: numeric ? 'n' : wide ? 'wide' : null }, text);
  return make('div', { class: 'scroll' }, make('table', {},
    make('thead', {}, make('tr', {}, head.map(name => cell('th', name.replace(/^>/, ''), name.startsWith('>'), false)))),
    make('tbody', {}, rows.map(row => make('tr', { class: row.class }, row.cells.map((text, at) => cell('td', text, head[at].startsWith('>'), row.wide && at > 0)))))));
}

function sectionsOf(list) {
  const several = list.length > 1;
  const sections = [];
  const section = (title, ...content) => sections.push(make('section', { id: title.toLowerCase().replace(/\W+/g, '-') }, make('h2', {}, title), make('div', { class: 'card' }, ...content)));
  if (several) {
    const names = [...new Set(list.flatMap(run => Object.keys(run.metrics)))];
    section('Metrics compared', table(['metric', ...list.flatMap(run => [`>${run.title}: last`, '>min', '>max'])], names.map(name => ({
      cells: [name, ...list.flatMap(run => {
        const values = (run.metrics[name] ?? []).map(point => point[1]);
        return values.length === 0 ? ['-', '-', '-'] : [number(values[values.length - 1]), number(Math.min(...values)), number(Math.max(...values))];
      })],
    }))));
  } else if (list.length === 1 && Object.keys(list[0].phases).length > 0) {
    const shares = sharesOf(list[0]);
    const total = shares.reduce((sum, share) => sum + share.seconds, 0);
    section('Where the time went',
      make('div', { class: 'bar' }, shares.map(share => make('i', { style: `width:${(100 * share.seconds / total).toFixed(2)}%;background:${color(share.place)}`, title: `${share.name}: ${duration(share.seconds)}` }))),
      table(['phase', '>time', '>part'], shares.map(share => ({ cells: [make('span', {}, dot(share.place), share.name), duration(share.seconds), `${(100 * share.seconds / total).toFixed(1)} %`] }))));
  }

  const rows = list.flatMap(run => run.checkpoints.map(row => ({ run, row })));
  if (rows.length > 0) {
    const head = [...(several ? ['run'] : []), '>step', 'file', 'ended', '>score', '>size', '>training waited', '>written in'];
    section('Checkpoints',
      table(head, list.flatMap(run => run.checkpoints.slice(-Math.ceil(MOST_ROWS / list.length)).reverse().map(row => ({
        cells: [...(several ? [run.title] : []), count(row[0]), row[1], make('span', { class: row[2] === 'failed' ? 'failed' : null }, row[2]), number(row[6]), bytes(row[3]), milliseconds(row[4] * 1000), milliseconds(row[5] * 1000)],
      })))),
      ...(rows.length > MOST_ROWS ? [make('p', { class: 'note' }, `The newest ${several ? 'of each run' : MOST_ROWS} of ${count(rows.length)}.`)] : []));
  }

  const names = [...new Set(list.flatMap(run => Object.keys(run.hyper_parameters)))];
  if (names.length > 0) {
    section('Hyper-parameters', table(['name', ...(several ? list.map(run => run.title) : ['value'])], names.map(name => {
      const values = list.map(run => run.hyper_parameters[name] ?? '-');
      return { class: new Set(values).size > 1 ? 'differs' : null, wide: true, cells: [name, ...values] };
    })));
  }

  return sections;
}

function show() {
  isDue = false;
  const list = shown();
  document.title = list.length === 1 ? list[0].title : 'Fulgurite';
  document.getElementById('header').replaceChildren(...headerOf(list));
  document.getElementById('runs').replaceChildren(...chipsOf());
  document.getElementById('tiles').replaceChildren(...(list.length === 1 ? tilesOf(list[0]) : []));
  document.getElementById('sections').replaceChildren(...sectionsOf(list));
  document.getElementById('curves').hidden = list.length === 0;
  drawAll(list);
}

function schedule() {
  if (!isDue) {
    isDue = true;
    requestAnimationFrame(show);
  }
}

function toggle(id) {
  isChosen = true;
  if (!selected.delete(id)) {
    selected.add(id);
  }

  history.replaceState(null, '', `#${[...selected].map(encodeURIComponent).join('&')}`);
  redrawAll();
}

// --- data

const merge = (known, change) => Array.isArray(change) ? change : [...(known ?? []).slice(0, change.from), ...change.points];

function receive(change) {
  const known = runs.get(change.id);
  const metrics = Object.fromEntries(Object.entries(change.metrics).map(([name, points]) => [name, merge(known?.metrics[name], points)]));
  runs.set(change.id, {
    ...change,
    metrics: change.isNew ? metrics : { ...known?.metrics, ...metrics },
    step_ms: merge(known?.step_ms, change.step_ms),
  });
}

function follow() {
  const wanted = location.hash.length > 1 ? location.hash.slice(1).split('&').map(decodeURIComponent) : [];
  wanted.forEach(id => selected.add(id));
  isChosen = wanted.length > 0;
  const source = new EventSource('events');
  source.addEventListener('message', event => {
    const message = JSON.parse(event.data);
    link = 'live';
    message.removed.forEach(id => { runs.delete(id); selected.delete(id); });
    message.runs.forEach(receive);
    if (!isChosen && runs.size > 0) {
      isChosen = true;
      selected.add([...runs.values()].reduce((newest, run) => run.updated > newest.updated ? run : newest).id);
    }

    schedule();
  });
  source.addEventListener('error', () => {
    link = 'connection lost';
    schedule();
  });
}

document.getElementById('smoothing').addEventListener('input', event => {
  options.smoothing = Number(event.target.value);
  redrawAll();
});
document.getElementById('log').addEventListener('change', event => {
  options.log = event.target.checked;
  redrawAll();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);
if (inline) {
  receive({ id: 'run', isNew: true, ...JSON.parse(inline.textContent) });
  selected.add('run');
  show();
} else {
  follow();
  schedule();
}
