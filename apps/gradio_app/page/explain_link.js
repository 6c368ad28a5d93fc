// What Explain shows, as fields of an address and back; uploaded pictures cannot be in it.

/**
 * {classifiers, source, examples, target: {of, minus, negated}, methods: [{name, options}], sign, opacity, large}:
 * options are those that differ from their defaults, methods of null are the default ones, `large` is the map that is
 * shown large, {row, method}, or null.
 */
export const START = { classifiers: [], source: "examples", examples: [0, 1, 2], methods: null, sign: "all", opacity: 100,
  target: { of: null, minus: null, negated: false }, large: null };
const SIGNS = ["all", "absolute", "positive", "negative"];

/** The same of one classifier; another one has other outputs. */
export function withClassifier(explain, id) {
  const now = { ...START, ...explain };
  const target = now.classifiers[0] === id ? now.target : { ...START.target, negated: now.target.negated };
  return { ...now, classifiers: [id], target, large: null };
}

export function explainToFields(explain, fields) {
  if (!explain) return;
  const { classifiers, source, examples, target, methods, sign, opacity, large } = { ...START, ...explain };
  if (classifiers.length) fields.set("classifier", classifiers.join(","));
  if (source === "traverse") fields.set("pictures", "traverse");
  else if (source === "examples") fields.set("pictures", examples.join(",") || "none");
  if (target.of !== null) fields.set("target", target.of);
  if (target.minus !== null) fields.set("minus", target.minus);
  if (target.negated) fields.set("against", "yes");
  if (methods) fields.set("methods", methods.map(({ name, options }) => [name, ...Object.entries(options).flat()].join(":")).join(",") || "none");
  if (sign !== START.sign) fields.set("sign", sign);
  if (opacity !== START.opacity) fields.set("opacity", String(opacity));
  if (large && source !== "uploads") fields.set("large", `${large.row + 1}:${large.method}`);
}

/** What the fields of an address ask for; null where they say nothing of Explain. Anything malformed is ignored. */
export function explainFromFields(fields) {
  const names = ["classifier", "pictures", "target", "minus", "against", "methods", "sign", "opacity", "large"];
  const given = Object.fromEntries(names.map((name) => [name, fields.get(name)]).filter(([, value]) => value && value.length <= 2000));
  if (!Object.keys(given).length) return null;
  const explain = { ...START, target: { of: given.target ?? null, minus: given.minus ?? null, negated: given.against === "yes" } };
  if (given.classifier) explain.classifiers = given.classifier.split(",").slice(0, 8);
  if (given.pictures === "traverse") explain.source = "traverse";
  else if (given.pictures) explain.examples = given.pictures.split(",").filter((one) => /^\d{1,5}$/.test(one)).map(Number).slice(0, 16);
  if (given.methods) explain.methods = given.methods === "none" ? [] : given.methods.split(",").slice(0, 40).map(methodOf);
  if (SIGNS.includes(given.sign)) explain.sign = given.sign;
  if (/^\d{1,3}$/.test(given.opacity ?? "")) explain.opacity = Math.min(100, Number(given.opacity));
  const large = /^([1-9]\d?):([\w-]+)$/.exec(given.large ?? "");
  if (large) explain.large = { row: Number(large[1]) - 1, method: large[2] };
  return explain;
}

function methodOf(text) {
  const [name, ...words] = text.split(":");
  const options = {};
  for (let k = 0; k + 1 < words.length; k += 2) options[words[k]] = words[k + 1];
  return { name, options };
}

/** Methods as the server knows them: unknown ones and options are left out, values get their options' types. */
export function knownMethods(methods, known) {
  return methods.flatMap(({ name, options }) => {
    const method = known.find((one) => one.name === name);
    if (!method) return [];
    const pairs = Object.entries(options).flatMap(([key, value]) => {
      const option = method.options.find((one) => one.name === key);
      const typed = option && typedValue(option, value);
      return option && typed !== undefined && typed !== option.default ? [[key, typed]] : [];
    });
    return [{ name, options: Object.fromEntries(pairs) }];
  });
}

function typedValue({ kind, low, high, choices }, value) {
  if (kind === "bool") return value === true || value === "true";
  if (kind === "choice") return choices.includes(value) ? value : undefined;
  if (kind === "layer") return String(value);
  const number = kind === "int" ? Math.round(Number(value)) : Number(value);
  return Number.isFinite(number) ? Math.min(high, Math.max(low, number)) : undefined;
}
