//! The running gateway: bound, announced, served, stopped.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::{AuditEvent, AuditKind};
use hallpass_core::{CallObserver, Fault, FaultCode, NoObserver, Phase, Secret};
use hallpass_sidecar::{Bound, Drained, Limits, Listen, Server, Settings};
use tokio::sync::oneshot;

use crate::acks::Courier;
use crate::assemble::{App, Integration, Parts};
use crate::learn::Recording;
use crate::pass::{self, PassFile};
use crate::start_up::StartUp;

/// A gateway that listens; callers who connect now wait until [`Gateway::serve`] is called.
#[derive(Debug)]
pub struct Gateway {
    bound: Bound,
    pass: Secret,
    pass_file: Option<PassFile>,
    parts: Parts,
    courier: Option<Arc<Courier>>,
    start_up: StartUp,
    recording: Option<Arc<Recording>>,
}

/// How callers get the pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// In the pass file, for callers that were not started by us.
    File,
    /// In the environment of the one program that is started: no file is written.
    Environment,
}

/// How a gateway came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Calls in flight were waited for, at most `sidecar.drain_timeout`; this many were cut off after all.
    Drained {
        /// How many.
        cut_off: usize,
    },
    /// It was told a second time, and stopped at once.
    AtOnce,
}

impl App {
    /// Binds the listeners, and once they are ours writes the pass file if callers are to find the pass there.
    ///
    /// # Errors
    /// `listen-failed` when an address or the pass file cannot be had; `configuration-invalid` where no place for the pass file is known;
    /// `audit-unwritable`: a gateway that cannot record does not begin.
    pub async fn open(&self, hand_over: HandOver) -> Result<Gateway, Fault> {
        let pass = pass::draw(&*self.parts.randomness);
        let bound = Server::bind(self.settings(pass.clone())).await?;
        let pass_file = match hand_over {
            HandOver::File => Some(self.pass_file(&pass)?),
            HandOver::Environment => None,
        };
        let started = AuditEvent::new(self.parts.clock.now(), AuditKind::Started)
            .fact("environment", self.environment.as_str())
            .fact("listen", bound.listen().to_string());
        self.parts.audit.record(&started)?;
        self.start.reached(Phase::Listening, self.parts.clock.now());
        let (parts, courier) = (self.parts.clone(), self.courier.clone());
        let (start_up, recording) = (self.start_up(), self.recording.clone());
        Ok(Gateway { bound, pass, pass_file, parts, courier, start_up, recording })
    }

    fn start_up(&self) -> StartUp {
        let secret = |one: &Integration| (one.client.name().clone(), Arc::clone(&one.credentials));
        StartUp {
            start: Arc::clone(&self.start),
            stores: self.stores.remote(),
            secrets: self.served().map(secret).collect(),
            deadline: self.sidecar.start_timeout,
            clock: Arc::clone(&self.parts.clock),
            sleep: Arc::clone(&self.parts.sleep),
        }
    }

    /// What callers can reach: an identity that administers others is none of their business.
    fn served(&self) -> impl Iterator<Item = &Integration> {
        self.integrations.iter().filter(|integration| !integration.described.administers)
    }

    fn settings(&self, pass: Secret) -> Settings {
        let sidecar = &self.sidecar;
        Settings {
            listen: sidecar.listen.clone(),
            health_listen: sidecar.health_listen,
            pass,
            integrations: self.served().map(|integration| integration.client.clone()).collect(),
            clock: Arc::clone(&self.parts.clock),
            sleep: Arc::clone(&self.parts.sleep),
            audit: Arc::clone(&self.parts.audit),
            calls: self.observer(),
            start: Arc::clone(&self.start),
            limits: Limits {
                max_connections: sidecar.max_connections,
                max_body: sidecar.max_body,
                // Room for the token and for a replay, so that outbound's more precise fault comes first.
                call_timeout: sidecar.request_timeout.saturating_add(CALL_MARGIN),
                drain_timeout: sidecar.drain_timeout,
                ..Limits::default()
            },
        }
    }

    /// Who hears of the calls of a gateway: the recorder of `sidecar.learn`, or nobody.
    #[must_use]
    pub fn observer(&self) -> Arc<dyn CallObserver> {
        match &self.recording {
            Some(recording) => Arc::clone(recording) as Arc<dyn CallObserver>,
            None => Arc::new(NoObserver),
        }
    }

    fn pass_file(&self, pass: &Secret) -> Result<PassFile, Fault> {
        let path = self.sidecar.pass_file.as_deref().ok_or_else(|| {
            let hint = "name one in `sidecar.pass_file`, or set XDG_RUNTIME_DIR";
            Fault::new(FaultCode::ConfigurationInvalid, "there is no place for the pass file").with_hint(hint)
        })?;
        PassFile::create(path, self.sidecar.pass_group, pass)
    }
}

impl Gateway {
    /// The address for callers, as in HALLPASS_URL: `http://127.0.0.1:7780` or `unix:/run/hallpass/socket`.
    #[must_use]
    pub fn url(&self) -> String {
        self.bound.listen().to_string()
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn listen(&self) -> &Listen {
        self.bound.listen()
    }

    /// Where probes connect, if there is such a listener.
    #[must_use]
    pub fn health_address(&self) -> Option<SocketAddr> {
        self.bound.health_address()
    }

    /// The pass, for the environment of a caller that is started.
    #[must_use]
    pub fn pass(&self) -> &Secret {
        &self.pass
    }

    /// The pass file, if there is one.
    #[must_use]
    pub fn pass_file(&self) -> Option<&Path> {
        self.pass_file.as_ref().map(PassFile::path)
    }

    /// Serves until `stop` resolves, reading the secrets of all integrations meanwhile, then drains; stops at once when `at_once` resolves. The pass file is gone when this returns, and also
    /// when the future is dropped.
    ///
    /// # Errors
    /// `audit-unwritable` when the end could not be recorded.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()>,
        at_once: impl Future<Output = ()>,
    ) -> Result<Stopped, Fault> {
        let Self { bound, pass_file, parts, courier, start_up, recording, .. } = self;
        let (told, tell) = oneshot::channel::<()>();
        let serving = bound.serve(async move {
            stop.await;
            // From here on nobody can begin: whoever reads the file now reads a pass that opens nothing soon.
            drop(pass_file);
            drop(told);
        });
        let at_once = async move {
            // The second word counts only after the first; both are usually counted by the same signals.
            drop(tell.await);
            at_once.await;
        };
        let (serving, at_once) = (pin!(serving), pin!(at_once));
        let never = async {
            start_up.run().await;
            std::future::pending::<std::convert::Infallible>().await
        };
        let recorded = async {
            match &recording {
                Some(recording) => recording.run().await,
                None => std::future::pending().await,
            }
        };
        let stopped = tokio::select! {
            Drained { cut_off } = serving => Stopped::Drained { cut_off },
            () = at_once => Stopped::AtOnce,
            never = never => match never {},
            never = recorded => match never {},
        };
        if let Some(recording) = &recording {
            recording.finish().await;
        }
        let how = match stopped {
            Stopped::Drained { cut_off } => format!("drained, {cut_off} cut off"),
            Stopped::AtOnce => "at once".to_owned(),
        };
        if let (Some(courier), Stopped::Drained { .. }) = (&courier, stopped)
            && !courier.flush(FLUSH).await
        {
            tracing::warn!("what was to be acknowledged has not arrived; the next process says it again");
        }
        let event = AuditEvent::new(parts.clock.now(), AuditKind::Stopped).fact("how", how);
        parts.audit.record(&event)?;
        Ok(stopped)
    }
}

/// What is left of the ten seconds between SIGTERM and SIGKILL after `sidecar.drain_timeout`, with one to spare.
const FLUSH: Duration = Duration::from_secs(1);

/// The wait for a token, which is at most eight seconds, and the rest of a replay.
const CALL_MARGIN: Duration = Duration::from_secs(30);
