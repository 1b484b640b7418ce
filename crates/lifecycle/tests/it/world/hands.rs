//! The engine's hands, each an operation on the world.

use hallpass_core::audit::NoAudit;
use hallpass_core::{
    BoxFuture, Capabilities, CopyId, Credential, Fault, FaultCode, Generated, LastUsed, Rights, Secret,
    SecretAdmin, Slot, SlotId, StoredSecret,
};
use hallpass_lifecycle::rotation::{
    AckReport, Acks, Effect, Engine, Event, Journal, Parts, Plan, Progress, Publish, Published, Step,
    Verdict, Verify, WallTime,
};

use super::platform::credential_of;
use super::{Position, Sim, SimDocument, SimStore, World};
use std::future::Future;
use std::sync::Arc;

/// An engine in this world, on the machine of that name.
pub(crate) fn engine(sim: &Sim, plan: &Plan, machine: &str) -> Engine {
    Engine::new(parts(sim, machine), plan.clone())
}

pub(crate) fn parts(sim: &Sim, machine: &str) -> Parts {
    let hands = Hands(sim.clone());
    Parts {
        store: Arc::new(SimStore::new(sim)),
        document: SimDocument::of(sim),
        admin: Arc::new(hands.clone()),
        verify: Arc::new(hands.clone()),
        publish: Arc::new(hands.clone()),
        acks: Arc::new(hands.clone()),
        journal: Arc::new(hands.clone()),
        audit: Arc::new(NoAudit),
        progress: Arc::new(hands),
        clock: Arc::new(sim.clone()),
        sleep: Arc::new(sim.clone()),
        randomness: Arc::new(sim.clone()),
        machine: machine.into(),
    }
}

/// Everything that the engine works with except the store and time.
#[derive(Clone, Debug)]
pub(crate) struct Hands(pub(crate) Sim);

impl Hands {
    /// An operation of an administrator: where it is the secret's own identity, some stage of the entry must be accepted.
    async fn administer<T>(
        &self,
        mut effect: impl FnMut(&mut World) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.0
            .repeatable(|world| {
                let known = {
                    let entry = world.shelf.entries.get("queue-sync");
                    let stages = entry.map(|entry| [&entry.current, &entry.previous]);
                    stages
                        .into_iter()
                        .flatten()
                        .flatten()
                        .any(|(_, value)| world.platform.accepts(value, world.now))
                };
                if world.own_identity && !known {
                    world.violations.push("the rotator's own identity is stranded".into());
                    return Err(Fault::new(FaultCode::AdminDenied, "no secret of the rotator is accepted"));
                }
                if world.denied {
                    return Err(Fault::new(FaultCode::AdminDenied, "oauth:client:view"));
                }
                effect(world)
            })
            .await
    }

    async fn administer_once<T>(
        &self,
        effect: impl FnMut(&mut World) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let twice = std::mem::replace(&mut self.0.lock().twice, false);
        let done = self.administer(effect).await;
        self.0.lock().twice = twice;
        done
    }
}

fn unknown(slot: &SlotId) -> Fault {
    Fault::new(FaultCode::SlotUnknown, format!("`{slot}`"))
}

impl SecretAdmin for Hands {
    fn capabilities(&self) -> Capabilities {
        self.0.lock().platform.shape.capabilities()
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Slot>, Fault>> {
        Box::pin(self.administer(|world| {
            let dated = world.platform.shape.tells_dates();
            let shown = world.platform.slots.iter().map(|(id, slot)| Slot {
                id: SlotId::new(id),
                active: slot.active,
                last_used: match slot.last_used {
                    _ if !dated => LastUsed::Unknown,
                    None => LastUsed::Never,
                    Some(at) => LastUsed::At(at),
                },
                created: dated.then_some(slot.created),
                revision: dated.then(|| slot.revision.to_string()),
            });
            Ok(shown.collect())
        }))
    }

    fn generate<'a>(&'a self, slot: Option<&'a SlotId>) -> BoxFuture<'a, Result<Generated, Fault>> {
        // Never done twice: a lost reply is a secret that nobody knows.
        Box::pin(self.administer_once(move |world| {
            let capabilities = world.platform.shape.capabilities();
            if let Some(slot) = slot.filter(|slot| !world.platform.slots.contains_key(slot.as_str())) {
                return Err(unknown(slot));
            }
            let active = world.platform.slots.values().filter(|slot| slot.active).count();
            if slot.is_none() && capabilities.max_live.is_some_and(|most| active >= most) {
                return Err(Fault::new(FaultCode::SlotsFull, "no room"));
            }
            if let Some(slot) = slot {
                let now = world.now;
                world.platform.ended.push((now, slot.to_string()));
            }
            let (id, secret) = world.platform.make(slot.map(SlotId::as_str), world.now);
            let members = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
            Ok(Generated {
                slot: SlotId::new(&id),
                members: members.map(|(name, value)| (name.to_owned(), Secret::from(value))).into(),
            })
        }))
    }

    fn set_active<'a>(&'a self, slot: &'a SlotId, active: bool) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.administer(move |world| {
            let now = world.now;
            let found = world.platform.slots.get_mut(slot.as_str()).ok_or_else(|| unknown(slot))?;
            if found.active != active {
                found.active = active;
                found.revision += 1;
                if !active {
                    world.platform.ended.push((now, slot.to_string()));
                }
            }
            Ok(())
        }))
    }

    fn delete<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.administer(move |world| {
            let now = world.now;
            if world.platform.slots.remove(slot.as_str()).is_some() {
                world.platform.ended.push((now, slot.to_string()));
            }
            Ok(())
        }))
    }

    fn rights<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<Rights, Fault>> {
        Box::pin(self.administer(move |world| {
            let found = world.platform.slots.get(slot.as_str()).ok_or_else(|| unknown(slot))?;
            Ok(Rights(found.rights.iter().cloned().collect()))
        }))
    }

    fn write_copy<'a>(
        &'a self,
        copy: &'a CopyId,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        let text = |name| credential.member(name).unwrap().expose_str().unwrap().to_owned();
        Box::pin(self.copy(copy, (text("client_id"), text("client_secret"))))
    }
}

impl Hands {
    fn copy(&self, copy: &CopyId, pair: (String, String)) -> impl Future<Output = Result<(), Fault>> {
        let copy = copy.to_string();
        let this = self.clone();
        async move {
            this.administer(|world| {
                if world.copies_denied.contains(&copy) {
                    return Err(Fault::new(FaultCode::AdminDenied, "integrations:integration:edit"));
                }
                world.copies_written += 1;
                world.copies.insert(copy.clone(), pair.clone());
                Ok(())
            })
            .await
        }
    }
}

impl Verify for Hands {
    fn verify<'a>(&'a self, stored: &'a StoredSecret) -> BoxFuture<'a, Verdict> {
        Box::pin(self.0.repeatable(|world| {
            let (value, now) = (stored.value.expose(), world.now);
            if world.unreachable {
                return Verdict::Unreachable("nobody answers".into());
            }
            world.verifications.push(WallTime::at(now));
            let Some(pair) = credential_of(value) else { return Verdict::Refused };
            let pending = world.platform.slots.get(&pair.0).map(|slot| slot.usable_from > now);
            // The rotator's own tries are no use by a consumer, and the platform cannot tell; it counts them all the same.
            if world.platform.token(&pair, now) {
                if world.platform.canary_fails {
                    Verdict::CanaryFailed("GET /api/v2/x: 403".into())
                } else {
                    Verdict::Good
                }
            } else if pending == Some(true) {
                Verdict::NotYet
            } else {
                Verdict::Refused
            }
        }))
    }
}

impl Publish for Hands {
    fn publish<'a>(&'a self, _published: &'a Published) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.0.repeatable(|world| {
            if world.deaf {
                return Err(Fault::new(FaultCode::ChildFailed, "nobody could be told"));
            }
            world.published += 1;
            Ok(())
        }))
    }
}

impl Acks for Hands {
    fn read(&self) -> BoxFuture<'_, Result<AckReport, Fault>> {
        Box::pin(self.0.repeatable(|world| Ok(world.ack_report())))
    }
}

impl Journal for Hands {
    fn append<'a>(&'a self, line: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            self.0.point(Position::NotJournalled).await;
            self.0.lock().journal.extend_from_slice(line.as_bytes());
            Ok(())
        })
    }

    fn read(&self) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
        Box::pin(async { Ok(self.0.lock().journal.clone()) })
    }
}

impl Progress for Hands {
    fn begins(&self, step: Step, _effect: &Effect) {
        let mut world = self.0.lock();
        world.step = step;
        world.waited = 0;
    }

    fn ended(&self, _step: Step, _event: &Event) {}

    fn waits(&self, step: Step, _now: WallTime, _until: WallTime) {
        let mut world = self.0.lock();
        world.waited += 1;
        // A wait has no effect but time: it can end before that, or in the middle.
        match world.waited {
            1 => world.trace.push((step, Position::Before)),
            2 => world.trace.push((step, Position::ReplyLost)),
            _ => {}
        }
    }
}
