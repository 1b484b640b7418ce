//! Whether a file has the structure the schema asks for: known keys, required keys, types, choices, ranges.
//!
//! The deserialiser stops at its first fault; a person wants them all. So the tree is walked along the schema first, every fault is
//! noted with its place, and what is faulty is taken out of the tree: the rest then deserialises and can be checked for its meaning.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::{Collector, Place};
use super::suggest::{in_words, nearest, presentable};

/// Notes every fault of structure in `root` and removes what is faulty.
pub(super) fn check(root: &mut DeTable<'_>, schema: &Value, faults: &mut Collector<'_>) {
    let mut walker = Walker { root: schema, faults };
    walker.table(root, None, schema, "");
}

struct Walker<'w, 't> {
    root: &'w Value,
    faults: &'w mut Collector<'t>,
}

impl<'w> Walker<'w, '_> {
    /// `span` is the table's header; the root has none.
    fn table(&mut self, table: &mut DeTable<'_>, span: Option<&Range<usize>>, schema: &'w Value, path: &str) {
        self.required(table, span, schema, path);
        let properties = &schema["properties"];
        let mut faulty = Vec::new();
        for (key, value) in table.iter_mut() {
            let name = key.get_ref().as_ref();
            let known =
                properties.get(name).or(schema.get("additionalProperties").filter(|rest| rest.is_object()));
            let sound = match known {
                Some(schema) => self.value(value, schema, &joined(path, name), Some(key.span())),
                None => {
                    self.unknown(name, key.span(), properties, path);
                    false
                }
            };
            if !sound {
                self.faults.lose(joined(path, name));
                faulty.push(key.clone());
            }
        }
        for key in &faulty {
            table.remove(key);
        }
    }

    fn required(&mut self, table: &DeTable<'_>, span: Option<&Range<usize>>, schema: &Value, path: &str) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if table.contains_key(name) {
                continue;
            }
            let example = &schema["properties"][name]["examples"][0];
            let hint = match example {
                Value::Null => format!("add a table [{}.NAME]", joined(path, name)),
                example => format!("for example `{name} = {example}`"),
            };
            let message = format!("{}`{name}` is missing", within(path));
            match span {
                Some(header) => self.faults.at(header.clone(), message, hint),
                None => self.faults.on(Place::File, message, hint),
            }
        }
    }

    fn unknown(&mut self, name: &str, span: Range<usize>, properties: &Value, path: &str) {
        let known = || properties.as_object().into_iter().flat_map(|known| known.keys().map(String::as_str));
        let hint = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known keys: {}", known().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("{}`{}` is not a known key", within(path), presentable(name));
        self.faults.spoil(span, message, hint);
    }

    /// Whether what is left of `value` can be used. `key` is where its key stands: the header of a table.
    fn value(
        &mut self,
        value: &mut Spanned<DeValue<'_>>,
        schema: &'w Value,
        path: &str,
        key: Option<Range<usize>>,
    ) -> bool {
        let span = value.span();
        let schema = self.resolved(schema);
        let found = type_of(value.get_ref());
        let Some(schema) = self.branch(schema, found) else {
            let expected = expected_type(schema);
            self.faults.spoil(span, format!("`{path}`: expected {expected}, found {}", an(found)), None);
            return false;
        };
        match value.get_mut() {
            DeValue::Table(table) => self.table(table, Some(&key.unwrap_or(span)), schema, path),
            DeValue::Array(items) => {
                let tables = self.resolved(&schema["items"])["type"] == "object";
                for item in items.iter_mut() {
                    if !self.value(item, &schema["items"], path, None) {
                        // Its place in the list stays, so that the others keep their number.
                        *item.get_mut() =
                            if tables { DeValue::Table(DeTable::new()) } else { DeValue::String("".into()) };
                    }
                }
            }
            DeValue::Integer(number) => {
                let number = i128::from_str_radix(number.as_str(), number.radix());
                return self.number(number.ok(), span, schema, path);
            }
            DeValue::String(text) => return self.choice(text, span, schema, path),
            _ => {}
        }
        true
    }

    fn number(&mut self, number: Option<i128>, span: Range<usize>, schema: &Value, path: &str) -> bool {
        let bound = |name| schema[name].as_u64().map(i128::from);
        let (least, most) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(i128::from(i64::MAX)));
        if number.is_some_and(|number| (least..=most).contains(&number)) {
            return true;
        }
        self.faults.spoil(span, format!("`{path}`: expected a whole number from {least} to {most}"), None);
        false
    }

    fn choice(&mut self, text: &str, span: Range<usize>, schema: &Value, path: &str) -> bool {
        let Some(choices) = schema["enum"].as_array() else { return true };
        let choices = || choices.iter().filter_map(Value::as_str);
        if choices().any(|choice| choice == text) {
            return true;
        }
        let expected = in_words(choices());
        let hint = nearest(text, choices()).map(|near| format!("did you mean \"{near}\"?"));
        self.faults.spoil(span, format!("`{path}`: expected {expected}"), hint);
        false
    }

    fn resolved(&self, schema: &'w Value) -> &'w Value {
        let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"));
        name.map_or(schema, |name| &self.root["$defs"][name])
    }

    /// The schema itself if it is for values of the type `found`, or that branch of it.
    fn branch(&self, schema: &'w Value, found: &str) -> Option<&'w Value> {
        match schema["anyOf"].as_array() {
            Some(branches) => branches.iter().find(|branch| branch["type"] == found),
            None => (schema["type"] == found).then_some(schema),
        }
    }
}

/// The type of a value, in the words of JSON Schema.
fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn expected_type(schema: &Value) -> String {
    let branches = schema["anyOf"].as_array().map_or(std::slice::from_ref(schema), Vec::as_slice);
    let names = branches.iter().filter_map(|branch| branch["type"].as_str());
    names.map(an).collect::<Vec<_>>().join(" or ")
}

/// A type in the words of TOML.
fn an(name: &str) -> &'static str {
    match name {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number with a fraction",
        "boolean" => "true or false",
        "date" => "a date or time",
        "array" => "an array",
        _ => "a table",
    }
}

/// The path of the key `name` below `path`, as it may be printed.
fn joined(path: &str, name: &str) -> String {
    let name = presentable(name);
    if path.is_empty() { name.into_owned() } else { format!("{path}.{name}") }
}

fn within(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("`{path}`: ") }
}
