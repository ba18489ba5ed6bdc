export const MILLILITRES = { cup: 240, tablespoon: 15, teaspoon: 5 };

/** Grams in a millilitre. */
export const DENSITY = { flour: 0.53, sugar: 0.85, butter: 0.96, honey: 1.42, oats: 0.38 };

export function grams(amount, measure, ingredient) {
  return Math.round(amount * MILLILITRES[measure] * DENSITY[ingredient]);
}
