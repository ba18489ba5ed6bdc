import { DENSITY, MILLILITRES, grams } from "./convert.js";
import "./style.css";

const form = document.querySelector("form");
const { amount, measure, ingredient, result } = form.elements;

for (const name of Object.keys(MILLILITRES)) measure.add(new Option(name));
for (const name of Object.keys(DENSITY)) ingredient.add(new Option(name));

function show() {
  result.value = `${grams(amount.valueAsNumber || 0, measure.value, ingredient.value)} g`;
}

form.addEventListener("input", show);
show();
