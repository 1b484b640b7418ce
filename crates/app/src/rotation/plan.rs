//! What the configuration means for the engine.

use std::time::Duration;

use hallpass_core::{Capabilities, CopyId, Fault, StoreTraits};
use hallpass_lifecycle::rotation::{Entries, Overlap, Pace, Plan, Strategy, Wanted};
use hallpass_stores::Reference;

use super::RotationOptions;
use crate::assemble::{App, Integration};
use crate::beside::beside;
use crate::config::{RotationConfig, StrategyChoice};

pub(super) fn plan(
    app: &App,
    integration: &Integration,
    config: &RotationConfig,
    (reference, capabilities): (&Reference, Capabilities),
    store: StoreTraits,
    options: RotationOptions,
) -> Result<Plan, Fault> {
    let pace = Pace::default();
    let token_lifetime =
        capabilities.tokens_outlive_secret.or(config.token_lifetime).unwrap_or(LONGEST_TOKEN);
    Ok(Plan {
        integration: integration.client.name().clone(),
        entries: entries(reference)?,
        environment: app.environment.clone(),
        compare_and_set: store.compare_and_set,
        capabilities,
        wanted: match config.strategy {
            StrategyChoice::Auto => Wanted::Auto,
            StrategyChoice::Overlap => Wanted::This(Strategy::Overlap),
            StrategyChoice::Alternate => Wanted::This(Strategy::Alternate),
            StrategyChoice::Regenerate => Wanted::This(Strategy::Regenerate),
        },
        accept_downtime_risk: options.accept_downtime_risk,
        own_identity: config.administrator == *integration.client.name(),
        every: config.every,
        min_interval: MIN_INTERVAL,
        overlap: Overlap {
            store_lag: STORE_LAG,
            cache: app.reread_after,
            token_lifetime,
            skew: pace.skew,
            activation: capabilities.activation_delay,
            sandbox_life: config.sandbox_life,
        },
        platform_window: shorter(capabilities.longest_overlap, config.overlap_limit),
        quiet: token_lifetime.saturating_add(PLATFORM_ROUNDING),
        watch: config.watch,
        patience: PATIENCE,
        // Where nobody is registered there is nobody to ask.
        arithmetic_suffices: config.consumers.is_empty(),
        stay: options.stay,
        copies: config.copies.iter().map(|copy| CopyId::new(copy)).collect(),
        pace,
    })
}

/// The platform's own limit and the configured one: what is stricter holds.
fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    [one, other].into_iter().flatten().min()
}

/// The checkpoints stand beside the secret.
pub(super) fn entries(reference: &Reference) -> Result<Entries, Fault> {
    Ok(Entries { secret: reference.entry.clone(), checkpoint: beside(reference, "rotation")? })
}

/// What a platform is believed to do at most where it says nothing: Genesys Cloud's largest `accessTokenValiditySeconds`.
const LONGEST_TOKEN: Duration = Duration::from_secs(172_800);
/// No cloud publishes how long a replica of its secret store may lag; minutes have been seen.
const STORE_LAG: Duration = Duration::from_secs(300);
/// Genesys Cloud counts use by the day.
const PLATFORM_ROUNDING: Duration = Duration::from_secs(24 * 3600);
/// AWS rotates no secret more often than every four hours; an hour keeps a loop of ours from burning a platform's quota.
const MIN_INTERVAL: Duration = Duration::from_secs(3600);
/// A week of silence beyond what arithmetic allows is a consumer that somebody has to look at.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::entries;
    use hallpass_stores::Reference;

    #[test]
    fn checkpoints_stand_beside_the_secret_under_a_name_the_store_takes() {
        for (reference, beside) in [
            ("local:queue-sync", "queue-sync.rotation"),
            ("aws-sm:prod/queue-sync?region=us-east-1", "prod/queue-sync.rotation"),
            ("aws-sm:arn:aws:secretsmanager:us-east-1:1:secret:prod/q-AbCdEf", "prod/q.rotation"),
            ("gcp-sm:projects/p/secrets/s", "s-rotation"),
        ] {
            let reference = Reference::parse(reference).unwrap();
            assert_eq!(entries(&reference).unwrap().checkpoint.as_str(), beside);
        }
    }
}
