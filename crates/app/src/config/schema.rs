//! The JSON Schema of `hallpass.toml`, made from the types that read it.

use hallpass_platforms::{Key, REGISTRY};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::file::HallpassToml;

/// The JSON Schema (draft 2020-12) of the configuration file. The same schema checks the structure of every file that is loaded, so it
/// cannot say anything else than the program does.
#[must_use]
pub fn schema() -> Value {
    let mut schema = of::<HallpassToml>();
    for key in Key::ALL {
        let description = &mut schema["$defs"]["IntegrationTable"]["properties"][key.name()]["description"];
        if let Value::String(text) = description {
            text.push_str(&taken_by(*key));
        }
    }
    schema
}

/// Which profiles take a key, as the registry has it.
fn taken_by(key: Key) -> String {
    let takes = REGISTRY.iter().filter(|profile| profile.keys().any(|each| each == key));
    let names: Vec<_> = takes.map(|profile| format!("{} `{}`", profile.platform, profile.name)).collect();
    format!(" Taken by: {}.", names.join(", "))
}

fn of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().with_transform(WithoutNull).into_generator();
    generator.into_root_schema_for::<T>().to_value()
}

/// TOML has no null: an optional key is left out. What the derive says about null would only confuse.
#[derive(Clone, Debug)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
            branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
            if let [Value::Object(only)] = branches.as_slice() {
                let only = only.clone();
                schema.remove("anyOf");
                for (key, value) in only {
                    schema.ensure_object().entry(key).or_insert(value);
                }
            }
        }
        transform_subschemas(self, schema);
    }
}
