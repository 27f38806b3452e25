import {cookie} from "@web/core/browser/cookie";
import {formatMonetary, formatPercentage} from "@web/views/fields/formatters";
import {getCustomColor} from "@web/core/colors/colors";
import {localization} from "@web/core/l10n/localization";

/** Told apart by lightness too, on a white and on a dark page. */
export const COLORS = {
  main: "#3188E6",
  mainPale: "#3188E666",
  good: "#00A78D",
  late: ["#FFBC2C", "#F48935", "#DB6B1F", "#CE4257", "#982738"],
  bad: "#CE4257",
  cost: "#F48935",
};

export function isRtl() {
  return localization.direction === "rtl";
}

/** A number in a line from right to left keeps its sign and its order: −5, 1–30. */
export function isolate(text) {
  return isRtl() ? `\u2066${text}\u2069` : text;
}

/** The whole amount, as everywhere in Odoo. */
export function formatAmount(value, currencyId) {
  return isolate(formatMonetary(value, {currencyId}));
}

/** Without cents: for sums and estimates, which know none. */
export function formatWholeAmount(value, currencyId) {
  return isolate(formatMonetary(value, {currencyId, digits: [16, 0]}));
}

/** A share of 0.125 as 12.5 %. */
export function formatShare(value) {
  return isolate(formatPercentage(value, {digits: [16, 1]}));
}

/** A change of 0.125 as +12.5 %. */
export function formatChange(share) {
  return isolate(`${share > 0 ? "+" : ""}${formatShare(share)}`);
}

/** As few digits as tell the size: 12.3k. */
export function formatCompactAmount(value, currencyId) {
  const size = Math.abs(value);
  if (size && size < 10) {
    return formatAmount(value, currencyId);
  }
  const thousands = size ? Math.floor(Math.log10(size) / 3) : 0;
  const tenths = Math.round((size / 1000 ** thousands) * 10);
  const digits = [16, tenths % 10 ? 1 : 0];
  return isolate(formatMonetary(value, {currencyId, digits, humanReadable: true}));
}

/** Text and lines in the colours of the page. */
export function chartTheme() {
  const scheme = cookie.get("color_scheme");
  return {
    text: getCustomColor(scheme, "#374151", "#E4E4E4"),
    grid: getCustomColor(scheme, "#e5e7eb", "#3C3E4B"),
    zero: getCustomColor(scheme, "#9ca3af", "#8A8FA3"),
    font: {family: getComputedStyle(document.body).fontFamily, size: 11},
  };
}

/**
 * What all charts have in common, as options of Chart.js.
 *
 * @param {Object} params
 * @param {Object} params.tooltip what to say of points, as callbacks of Chart.js
 * @param {Object} [params.x] more options of the horizontal axis; likewise `y`
 * @param {Boolean} [params.legend]
 * @param {Object} [params.plugins] options of further plugins
 * @returns {Object}
 */
export function chartOptions({
  tooltip,
  x = {},
  y = {},
  legend = false,
  plugins = {},
  ...options
}) {
  const theme = chartTheme();
  const rtl = isRtl();
  const axis = ({ticks = {}, grid = {}, ...rest}) => ({
    border: {display: false},
    grid: {
      color: (context) => (context.tick?.value === 0 ? theme.zero : theme.grid),
      ...grid,
    },
    ticks: {color: theme.text, font: theme.font, maxRotation: 0, ...ticks},
    ...rest,
  });
  const direction = {rtl, textDirection: rtl ? "rtl" : "ltr"};
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: {mode: "index", intersect: false},
    plugins: {
      legend: {
        display: legend,
        position: "bottom",
        labels: {color: theme.text, font: theme.font, boxWidth: 12},
        ...direction,
      },
      tooltip: {
        ...direction,
        filter: (item) => item.raw !== null,
        displayColors: legend,
        callbacks: tooltip,
      },
      ...plugins,
    },
    scales: {
      x: axis({reverse: rtl, ...x}),
      y: axis({position: rtl ? "right" : "left", ...y}),
    },
    ...options,
  };
}
