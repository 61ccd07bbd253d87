//! The largest and most expensive calls of every method, generated from the description that a server gives of itself
//! (`rpc.discover`): texts, lists and numbers at their bounds, filters of every field and operator, the deepest trees.
//!
//! A method or a parameter without a generated value is an error, so that a new method cannot be left out.

use serde_json::{Map, Value, json};

/// A call.
#[derive(Debug, Clone)]
pub struct WorstCase {
    /// The method.
    pub method: String,
    /// What is large about it.
    pub what: String,
    /// The parameters, without `access_token`.
    pub params: Value,
    /// Whether the method is for agents only.
    pub is_for_agents: bool,
}

/// Bytes of a body that parameters may take: the default bound of bodies, less than the rest of a call.
const PARAMS_BYTES_MAX: usize = (1 << 20) - 4_096;
/// How the description of a method says that it is for agents only.
const FOR_AGENTS: &str = "For agents only";
/// Most characters of a pattern.
const PATTERN_CHARS_MAX: usize = 1_000;
/// Largest depth of a tree.
const DEPTH_MAX: usize = 16;
/// Most sort keys.
const SORT_KEYS_MAX: usize = 8;
/// Bytes of the longest e-mail address, and of the part before its `@`.
const EMAIL_BYTES_MAX: usize = 254;
const LOCAL_PART_BYTES: usize = 64;
/// Characters of a text that has no bound of its own.
const UNBOUNDED_CHARS: usize = 1_000;
/// The widest character: four bytes, and two units of UTF-16.
const WIDE: &str = "😀";

/// Patterns of exponential time in a backtracking matcher, or exponential size as an automaton.
const REGEXPS: [&str; 6] =
    ["(a|b)*a(a|b){60}c", "a.{200}c", "(a+)+$", r"(.+)(.+)x\1\2$", "(?=.*a)(?!.*b).*.*.*x", "(x{1,30}){1,8}y"];

/// How large filters are.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Simple filters in a tree.
    filters: usize,
    /// Simple filters beside each level of the deepest tree.
    filters_of_level: usize,
    /// Values in a list.
    values: usize,
}

impl Scale {
    /// Filters at their bounds.
    pub const FULL: Self = Self { filters: 1_000, filters_of_level: 50, values: 10_000 };
    /// Smaller ones, for a program that is built without optimization.
    pub const SMALL: Self = Self { filters: 100, filters_of_level: 5, values: 1_000 };
}

/// How records are made large.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Every member at its bound.
    Widest,
    /// Only the members that are required, for as many records as a call may have.
    Most,
}

/// Every worst case of every method. `id` is the smallest id that the calls refer to; lists of ids count on from there.
///
/// # Errors
/// The description has a method, a parameter or a field of a filter that nothing is generated for.
pub fn worst_cases(description: &Value, id: u64, scale: Scale) -> Result<Vec<WorstCase>, String> {
    let maker = Maker { description, id, scale };
    let methods = description["methods"].as_array().ok_or("the description has no methods")?;
    let mut all = Vec::new();
    for method in methods {
        let before = all.len();
        maker.of_method(method, &mut all)?;
        if all.len() == before {
            return Err(format!("no call is generated for {}", method["name"]));
        }
    }
    Ok(all)
}

/// A filter as an object, with a name for messages.
type NamedFilter = (String, Map<String, Value>);

struct Maker<'d> {
    description: &'d Value,
    id: u64,
    scale: Scale,
}

impl Maker<'_> {
    fn of_method(&self, method: &Value, all: &mut Vec<WorstCase>) -> Result<(), String> {
        let name = text(method, "name")?;
        let parameters = method["params"].as_array().ok_or_else(|| format!("{name} has no parameters"))?;
        let is_for_agents = method["description"].as_str().is_some_and(|words| words.contains(FOR_AGENTS));
        let mut add = |what: String, params: Map<String, Value>| {
            all.push(WorstCase { method: name.to_owned(), what, params: Value::Object(params), is_for_agents });
        };
        let mut base = Map::new();
        for extent in [Extent::Widest, Extent::Most] {
            let mut params = Map::new();
            for parameter in parameters {
                let member = text(parameter, "name")?;
                let is_own = !matches!(member, "access_token" | "user_id" | "filter" | "sort");
                // One of several records is named by one parameter or the other.
                let is_second = member == "id" && parameters.iter().any(|other| other["name"] == "ids");
                if !is_own || is_second || (extent == Extent::Most && parameter["required"] != true) {
                    continue;
                }
                let value = self.largest(member, &parameter["schema"], extent, PARAMS_BYTES_MAX);
                let value = value.map_err(|why| format!("{name}: {member}: {why}"))?;
                params.insert(member.to_owned(), value);
            }
            if extent == Extent::Most {
                base = params.clone();
            }
            let what = if extent == Extent::Widest { "all parameters at their bounds" } else { "the most records" };
            add(what.to_owned(), params);
        }
        for parameter in parameters {
            let schema = self.resolved(&parameter["schema"]);
            let found = match text(parameter, "name")? {
                "filter" => self.filters(schema).map_err(|why| format!("{name}: {why}"))?,
                "sort" => self.sorts(schema),
                _ => continue,
            };
            for (what, members) in found {
                let mut params = base.clone();
                params.extend(members);
                add(what, params);
            }
        }
        Ok(())
    }

    /// The schema that a reference leads to, without the alternative null.
    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        if let Some(place) = schema["$ref"].as_str() {
            return self.resolved(self.description.pointer(place.trim_start_matches('#')).unwrap_or(&Value::Null));
        }
        match schema["anyOf"].as_array() {
            Some(ways) if ways.len() == 2 && ways[1]["type"] == "null" => self.resolved(&ways[0]),
            _ => schema,
        }
    }

    /// The largest value of a schema in so many bytes.
    fn largest(&self, member: &str, schema: &Value, extent: Extent, bytes_max: usize) -> Result<Value, String> {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["enum"].as_array() {
            return Ok(choices.iter().rev().find(|choice| !choice.is_null()).cloned().unwrap_or_default());
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
        match kind {
            Some("string") => Ok(json!(longest_text(member, schema, 0))),
            Some("integer") if matches!(member, "limit" | "offset") => Ok(schema["maximum"].clone()),
            Some("integer") if is_id(member) => Ok(json!(self.id)),
            Some("integer") => Ok(schema["maximum"].clone()),
            Some("boolean") => Ok(json!(true)),
            Some("array") => self.longest_list(member, schema, extent, bytes_max),
            Some("object") => self.record(schema, extent, bytes_max),
            // A parameter of telephony, which is accepted as null only.
            None if schema["description"].is_string() => Ok(Value::Null),
            _ => Err(format!("nothing is generated for {schema}")),
        }
    }

    fn longest_list(&self, member: &str, schema: &Value, extent: Extent, bytes_max: usize) -> Result<Value, String> {
        let items = self.resolved(&schema["items"]);
        if let Some(choices) = items["enum"].as_array() {
            return Ok(json!(choices));
        }
        let count = schema["maxItems"].as_u64().ok_or_else(|| format!("{member} has no bound"))?;
        let (mut list, mut bytes) = (Vec::new(), 0);
        for at in 0..count {
            let item = match items["type"].as_str() {
                Some("integer") => json!(self.id + at),
                Some("string") => json!(longest_text(member, items, at)),
                _ => self.largest(member, items, extent, bytes_max / 4)?,
            };
            bytes += item.to_string().len() + 1;
            if bytes > bytes_max {
                break;
            }
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn record(&self, schema: &Value, extent: Extent, bytes_max: usize) -> Result<Value, String> {
        let members = schema["properties"].as_object().ok_or("a record without members")?;
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut record = Map::new();
        for (member, schema) in members {
            if extent == Extent::Most && !required.contains(&member.as_str()) {
                continue;
            }
            let value = match extent {
                Extent::Widest => self.largest(member, schema, extent, bytes_max / members.len())?,
                Extent::Most => smallest(member, self.resolved(schema)),
            };
            // A record has groups by id or by name, not both.
            let has_id = member.ends_with("_name") && record.contains_key(&member.replace("_name", "_id"));
            if !(value.is_null() || has_id) {
                record.insert(member.clone(), value);
            }
        }
        Ok(Value::Object(record))
    }

    /// A filter of every field and operator, the widest and the deepest trees.
    fn filters(&self, schema: &Value) -> Result<Vec<NamedFilter>, String> {
        let ways = schema["anyOf"].as_array().ok_or("a filter without alternatives")?;
        let mut single = Vec::new();
        for way in ways {
            let Some(field) = way["properties"]["field"]["const"].as_str() else { continue };
            let kinds = &way["properties"]["value"];
            let operators = way["properties"]["operator"]["enum"].as_array().ok_or("a field without operators")?;
            for operator in operators.iter().filter_map(Value::as_str) {
                single.push((field, operator, kinds));
            }
        }
        let mut all: Vec<(String, Value)> = Vec::new();
        for (at, (field, operator, kinds)) in single.iter().enumerate() {
            all.push((format!("{field} {operator}"), self.simple(field, operator, kinds, at, self.scale.values)));
        }
        // A record that is no filter has no fields to filter by.
        if !single.is_empty() {
            let mixed = |at: usize| {
                let (field, operator, kinds) = single[at % single.len()];
                self.simple(field, operator, kinds, at, 1)
            };
            let Scale { filters, filters_of_level, .. } = self.scale;
            for condition in ["and", "or"] {
                all.push((format!("{filters} filters, {condition}"), tree(&mut (0..filters).map(mixed), condition)));
            }
            let mut deep = mixed(0);
            for level in 1..DEPTH_MAX {
                let beside = (0..filters_of_level).map(|at| mixed(level * filters_of_level + at));
                deep = tree(&mut std::iter::once(deep).chain(beside), if level % 2 == 0 { "and" } else { "or" });
            }
            all.push((format!("{DEPTH_MAX} levels of filters"), deep));
        }
        Ok(all.into_iter().map(|(what, filter)| (what, Map::from_iter([("filter".to_owned(), filter)]))).collect())
    }

    fn simple(&self, field: &str, operator: &str, kinds: &Value, at: usize, values_max: usize) -> Value {
        let numbers = kinds["type"] == "number" || kinds["type"][0] == "number" || kinds["type"][0] == "integer";
        let plain = |n: usize| match field {
            _ if numbers => json!(self.id + n as u64),
            _ if field.contains("phone") => json!(phone(n as u64)),
            _ if field.contains("date") => json!("2026-01-01 00:00:00"),
            _ => json!(format!("{n} {}", WIDE.repeat(20))),
        };
        let value = match operator {
            "is_null" | "is_not_null" => return json!({"field": field, "operator": operator}),
            "regexp" => json!(REGEXPS[at % REGEXPS.len()]),
            "jsquery" => json!(format!("*.* = {at} OR *:(%.# = {at})")),
            _ if operator.contains("like") => json!(like()),
            "in" | "not_in" | "overlap" | "not_overlap" => Value::Array((0..values_max).map(plain).collect()),
            _ => plain(at),
        };
        json!({"field": field, "operator": operator, "value": value})
    }

    /// The last page by as many sort keys as there may be.
    fn sorts(&self, schema: &Value) -> Vec<(String, Map<String, Value>)> {
        let fields: Vec<&Value> =
            schema["items"]["properties"]["field"]["enum"].as_array().into_iter().flatten().collect();
        if fields.is_empty() {
            return Vec::new();
        }
        let key = |at: usize| json!({"field": fields[at % fields.len()], "order": if at.is_multiple_of(2) { "desc" } else { "asc" }});
        let sort: Vec<Value> = (0..SORT_KEYS_MAX).map(key).collect();
        let page = |offset: u64| {
            let members = [("sort", json!(sort)), ("limit", json!(10_000)), ("offset", json!(offset))];
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        vec![
            (format!("{SORT_KEYS_MAX} sort keys"), page(0)),
            (format!("{SORT_KEYS_MAX} sort keys, offset"), page(90_000)),
        ]
    }
}

/// A pattern that matches in text × pattern when it is tried at every place.
fn like() -> String {
    format!("%{}z%", "_y".repeat(PATTERN_CHARS_MAX / 2 - 2))
}

fn tree(filters: &mut dyn Iterator<Item = Value>, condition: &str) -> Value {
    json!({"filters": filters.collect::<Vec<_>>(), "condition": condition})
}

fn is_id(member: &str) -> bool {
    member == "id" || member.ends_with("_id") || member == "ids"
}

fn phone(number: u64) -> String {
    format!("7{number:014}")
}

fn text<'v>(value: &'v Value, member: &str) -> Result<&'v str, String> {
    value[member].as_str().ok_or_else(|| format!("no {member} in {value}"))
}

/// The longest text of a schema, different for each number.
fn longest_text(member: &str, schema: &Value, number: u64) -> String {
    let described = schema["description"].as_str().unwrap_or_default();
    match member {
        "date_from" => return "2026-10-01".to_owned(),
        "date_till" => return "2026-12-31".to_owned(),
        "since" => return String::new(),
        _ => {}
    }
    if described.contains("digits") {
        return phone(number);
    }
    if described.contains("e-mail") {
        let local = format!("{number:0LOCAL_PART_BYTES$}");
        let labels = "x".repeat(60) + ".";
        let domain = labels.repeat(4);
        return format!("{local}@{}", &domain[..EMAIL_BYTES_MAX - LOCAL_PART_BYTES - 1 - ".example".len()])
            + ".example";
    }
    let count =
        schema["maxLength"].as_u64().map_or(UNBOUNDED_CHARS, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let number = number.to_string();
    let rest = count.saturating_sub(number.len());
    format!("{number}{}", WIDE.repeat(rest))
}

/// A short value for a member that is required.
fn smallest(member: &str, schema: &Value) -> Value {
    let value = if member.contains("phone") { "100" } else { "N" };
    if schema["type"] == "array" { json!([value]) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(schema: &Value) -> Value {
        json!({"methods": [{"name": "a.b", "params": [{"name": "c", "schema": schema}]}]})
    }

    #[test]
    fn values_are_as_large_as_their_bounds() {
        let schema = json!({"type": "array", "maxItems": 100_000, "items": {"type": "integer"}});
        let cases = worst_cases(&description(&schema), 7, Scale::SMALL).expect("cases");
        assert_eq!(cases[0].params["c"].as_array().map(Vec::len), Some(100_000));
        assert_eq!(cases[0].params["c"][1], 8);
        let cases =
            worst_cases(&description(&json!({"type": "string", "maxLength": 255})), 7, Scale::SMALL).expect("cases");
        assert_eq!(cases[0].params["c"].as_str().map(|text| text.chars().count()), Some(255));
    }

    #[test]
    fn a_parameter_without_a_value_is_an_error() {
        let schema = json!({"type": "number"});
        let why = worst_cases(&description(&schema), 7, Scale::SMALL).expect_err("nothing is generated");
        assert!(why.contains("a.b: c"), "{why}");
    }
}
