//! What a test orders of the key-values, and asks about them.

use serde_json::json;

use super::key_values::key_value;
use super::world::World;

impl World {
    /// Writes a key-value.
    pub fn write_key_value(&self, key: &str, label: Option<&str>, value: &str, content_type: Option<&str>) {
        let mut state = self.state();
        let etag = state.next_version();
        let body = json!({ "value": value, "content_type": content_type });
        state
            .key_values
            .insert((key.to_owned(), label.map(str::to_owned)), key_value(key, label, &body, &etag));
    }

    /// The value of a key-value, if it is there.
    #[must_use]
    pub fn key_value(&self, key: &str, label: Option<&str>) -> Option<String> {
        let state = self.state();
        let item = state.key_values.get(&(key.to_owned(), label.map(str::to_owned)))?;
        item["value"].as_str().map(str::to_owned)
    }

    /// Locks a key-value, or unlocks it.
    pub fn lock_key_value(&self, key: &str, label: Option<&str>, locked: bool) {
        let mut state = self.state();
        if let Some(item) = state.key_values.get_mut(&(key.to_owned(), label.map(str::to_owned))) {
            item["locked"] = json!(locked);
        }
    }

    /// Deletes every key-value.
    pub fn forget_key_values(&self) {
        self.state().key_values.clear();
    }

    /// How many values of key-values were in lists.
    #[must_use]
    pub fn listed_values(&self) -> usize {
        self.state().listed_values
    }

    /// Answers the next `reads` reads of key-values as a replica would that has not heard of the newest write, unless they show its token.
    pub fn lag_key_values(&self, reads: usize) {
        self.state().behind.reads = reads;
    }
}
