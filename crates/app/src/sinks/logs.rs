//! The log, on standard error.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogConfig, LogFormat, LogLevel};

/// Starts logging as `config` says, for the rest of the process. The first call wins.
///
/// `RUST_LOG` is not read: it could turn on what libraries print about the wire, and with it a token.
pub fn start_logging(config: &Config) {
    let LogConfig { level, format } = &config.log;
    let lines = fmt::layer().with_writer(io::stderr);
    let layer = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // A second call finds the log set up, which is what it wanted.
    drop(tracing_subscriber::registry().with(layer.with_filter(filter(*level))).try_init());
}

/// Our own words at `level`; those of libraries, which may hold bytes of requests, at `warn` at most.
fn filter(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("hallpass", level)
}

#[cfg(test)]
mod tests {
    use super::filter;
    use crate::config::LogLevel;
    use tracing::Level;

    #[test]
    fn libraries_never_log_below_warn() {
        let filter_trace = filter(LogLevel::Trace);
        assert!(filter_trace.would_enable("hallpass_sidecar::server", &Level::TRACE));
        for library in ["hyper::proto::h1", "rustls::client", "hyper_util::client", "h2"] {
            assert!(!filter_trace.would_enable(library, &Level::INFO), "{library}");
            assert!(filter_trace.would_enable(library, &Level::WARN), "{library}");
        }
        assert!(!filter(LogLevel::Error).would_enable("hyper", &Level::WARN));
    }
}
