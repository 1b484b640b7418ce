//! What lets a look see what was written before it. Pure.
//!
//! The service is distributed, and a plain read may be behind. Every answer carries a token, and a request that shows the tokens of earlier answers is answered as of
//! then at least: <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-consistency>

use std::collections::BTreeMap;

/// The newest token of each id. Of one id the newer includes the older.
#[derive(Debug, Default)]
pub(super) struct SyncTokens(BTreeMap<String, (u64, String)>);

impl SyncTokens {
    /// Takes note of an answer's header: `ID=VALUE;sn=NUMBER`, perhaps several, separated by commas. What is of another form is left out.
    pub(super) fn take(&mut self, header: &str) {
        for token in header.split(',') {
            let Some((text, number)) = token.trim().rsplit_once(";sn=") else { continue };
            // The value may end in `=` itself, being Base64.
            let (Some((id, value)), Ok(number)) = (text.split_once('='), number.parse()) else { continue };
            let held = self.0.entry(id.to_owned()).or_default();
            if held.0 <= number {
                *held = (number, value.to_owned());
            }
        }
    }

    /// What the next request shows, if there is something to show.
    pub(super) fn shown(&self) -> Option<String> {
        let shown: Vec<_> = self.0.iter().map(|(id, (_, value))| format!("{id}={value}")).collect();
        (!shown.is_empty()).then(|| shown.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::SyncTokens;

    #[test]
    fn the_newest_token_of_each_id_is_shown_without_its_number() {
        let mut tokens = SyncTokens::default();
        assert_eq!(tokens.shown(), None);
        tokens.take("jtqGc1I4=MDoyOA==;sn=28");
        assert_eq!(tokens.shown().as_deref(), Some("jtqGc1I4=MDoyOA=="));
        tokens.take("jtqGc1I4=MDoyNw==;sn=27, other=x;sn=1");
        assert_eq!(tokens.shown().as_deref(), Some("jtqGc1I4=MDoyOA==,other=x"), "an older one is late");
        tokens.take("jtqGc1I4=MDoyOQ==;sn=29");
        assert_eq!(tokens.shown().as_deref(), Some("jtqGc1I4=MDoyOQ==,other=x"));
        for strange in ["", "x", "x;sn=1", "a=b", "a=b;sn=", "a=b;sn=-1", ",,"] {
            tokens.take(strange);
        }
        assert_eq!(tokens.shown().as_deref(), Some("jtqGc1I4=MDoyOQ==,other=x"));
    }
}
