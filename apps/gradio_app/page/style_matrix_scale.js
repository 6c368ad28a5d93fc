// Ratings as colours and as numbers.

/** A colour "#rrggbb" of a rating on a scale {low, high, center, colors}; its middle is the centre where there is one. */
export function colorOf(rating, scale, dark) {
  const colors = scale.colors[dark ? "dark" : "light"];
  return colors[Math.round(share(rating, scale) * (colors.length - 1))];
}

/** Where a rating lies on its scale, between 0 and 1. */
export function share(rating, { low, high, center }) {
  if (center === null) return clamp((rating - low) / (high - low));
  const side = rating < center ? center - low : high - center;
  return clamp(0.5 + (0.5 * (rating - center)) / (side || 1));
}

/** Black or white: what can be read on a colour (WCAG 2.2, relative luminance). */
export function lettering(color) {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "#ffffff" : "#000000";
}

/** Two digits behind the point of a probability, one of years. */
export function spoken(rating, { low, high }) {
  return rating.toFixed(high - low > 5 ? 1 : 2).replace(/^-(0\.?0*)$/, "$1");
}

const clamp = (value) => Math.min(1, Math.max(0, value));
