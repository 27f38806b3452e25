import {formatPercentage} from "@web/views/fields/formatters";
import {percentageField} from "@web/views/fields/percentage/percentage_field";
import {registry} from "@web/core/registry";

/**
 * Format a ratio as a percentage; a group of customers that has none shows nothing,
 * where the native formatter would say 0 %.
 */
export function formatCustomerRate(value, options) {
  return typeof value === "number" ? formatPercentage(value, options) : "";
}
formatCustomerRate.extractOptions = formatPercentage.extractOptions;

registry.category("formatters").add("customer_rate", formatCustomerRate);
registry.category("fields").add("customer_rate", percentageField);
