/** Reads the JSON Schemas of the description: a type in a few words, and an example to start from. */

/**
 * @param {any} schema
 * @param {Record<string, any>} schemas
 * @returns {any}
 */
function resolve(schema, schemas) {
  const name = typeof schema?.$ref === "string" ? schema.$ref.split("/").at(-1) : null;
  return name ? resolve(schemas[name], schemas) : schema;
}

/**
 * @param {any} schema
 * @param {Record<string, any>} schemas
 * @returns {string}
 */
export function schemaText(schema, schemas) {
  if (typeof schema?.$ref === "string") return String(schema.$ref.split("/").at(-1));
  if (Array.isArray(schema?.anyOf)) {
    const parts = schema.anyOf.map((/** @type {any} */ part) => schemaText(part, schemas)).filter((/** @type {string} */ text) => text !== "null");
    return [...new Set(parts)].join(" | ");
  }
  if (Array.isArray(schema?.enum)) return schema.enum.map((/** @type {unknown} */ value) => JSON.stringify(value)).join(" | ");
  if (schema?.type === "array") return `${schemaText(schema.items ?? {}, schemas)}[]`;
  if (Array.isArray(schema?.type)) return schema.type.filter((/** @type {string} */ type) => type !== "null").join(" | ");
  return schema?.type ?? "object";
}

/**
 * A value to start from.
 *
 * @param {string} name
 * @param {any} schema
 * @param {Record<string, any>} schemas
 * @returns {unknown}
 */
export function example(name, schema, schemas) {
  const known = resolve(schema, schemas);
  const day = 86_400_000;
  if (name === "date_from") return new Date(Date.now() - day).toISOString().slice(0, 10);
  if (name === "date_till") return new Date(Date.now() + day).toISOString().slice(0, 10);
  if (Array.isArray(known?.anyOf)) return example(name, known.anyOf[0], schemas);
  if (Array.isArray(known?.enum)) return known.enum[0];
  if (known?.type === "array") return name === "phone_numbers" ? ["+44 20 7946 0018"] : [];
  if (known?.type === "integer") return 1;
  if (known?.type === "string") return name === "phone_number" ? "+44 20 7946 0018" : "";
  return {};
}
