//! What is refused, and that nothing happened then.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{CompareAndSet, Fault, FaultCode, StoreTraits};
use hallpass_lifecycle::rotation::{Engine, Order, Outcome, Plan, Stop, WallTime};

use crate::world::hands::parts;
use crate::world::{Shape, Sim, SimStore, block_on, plan, stop_of};

fn refusal(sim: &Sim, plan: &Plan, order: Order) -> Fault {
    let stop = stop_of(sim, plan, order);
    assert!(matches!(stop, Stop::Refused(_)), "{stop:?}");
    assert_eq!(sim.counts(), (0, 0));
    stop.fault("queue-sync", sim.now()).unwrap()
}

#[test]
fn a_store_without_compare_and_set_names_itself() {
    for (scheme, writable, says) in
        [("env", false, "`env:` store cannot be written"), ("thing", true, "no compare-and-set")]
    {
        let sim = Sim::new(Shape::Overlap);
        let traits = StoreTraits { scheme, writable, compare_and_set: CompareAndSet::None };
        let mut parts = parts(&sim, "one");
        parts.store = Arc::new(SimStore { traits, ..SimStore::new(&sim) });
        let engine = Engine::new(parts, plan(Shape::Overlap));
        let stop = block_on(&sim, async move { engine.run(Order::Run).await });
        let fault = stop.fault("queue-sync", sim.now()).unwrap();
        assert_eq!(fault.code(), FaultCode::RotationRefused);
        assert!(fault.detail().contains(says), "{fault}");
    }
}

#[test]
fn windows_that_do_not_fit_are_refused() {
    let sim = Sim::new(Shape::Overlap);
    let base = plan(Shape::Overlap);
    let short = Plan { platform_window: Some(Duration::from_secs(3600)), ..base.clone() };
    let sum = "two secrets may live for 1 h at most, and would for trial 1 min + soak 15 h 7 min (store lag 1 min + cache 5 min + token \
               lifetime 1 h + clock difference 1 min + activation 15 s + longest life of a sandbox 14 h = 15 h 7 min) + watch window 1 d = 1 d 15 h";
    assert_eq!(refusal(&sim, &short, Order::Run).detail(), sum);
    let unused = Plan { quiet: Duration::from_secs(2 * 86_400), ..short.clone() };
    assert!(refusal(&sim, &unused, Order::Run).detail().contains("no use seen for 2 d (longer than "));
    let enough = Plan { platform_window: Some(base.both_live().total()), ..base.clone() };
    assert_eq!(stop_of(&Sim::new(Shape::Overlap), &enough, Order::Run), Stop::Finished(Outcome::Rotated));
    let often = Plan { every: Duration::from_secs(86_400), ..base };
    assert!(refusal(&sim, &often, Order::Run).detail().contains("would never end"));
}

#[test]
fn a_secret_that_the_platform_does_not_know_is_not_rotated() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    let slot = sim.lock().platform.slots.remove("slot-1").unwrap();
    assert_eq!(refusal(&sim, &plan, Order::Run).code(), FaultCode::SlotUnknown);
    sim.lock().platform.slots.insert("slot-1".into(), slot);
    sim.lock().shelf.entries.clear();
    assert_eq!(refusal(&sim, &plan, Order::Run).code(), FaultCode::EntryNotFound);
}

#[test]
fn a_document_of_a_newer_version_or_of_another_entry_is_not_touched() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    sim.lock().shelf.put_document(br#"{"schema":9,"new":"things"}"#.to_vec());
    let stop = stop_of(&sim, &plan, Order::Run);
    let fault = stop.fault("queue-sync", sim.now()).unwrap();
    assert_eq!(fault.code(), FaultCode::RotationRefused);
    assert!(fault.detail().contains("newer hallpass"), "{fault}");

    let sim = Sim::new(Shape::Overlap);
    sim.lock().shelf.edit_document(|document| document.entry = "billing".parse().unwrap());
    assert!(refusal(&sim, &plan, Order::Run).detail().contains("`billing`"));
}

#[test]
fn a_clock_behind_the_checkpoints_is_refused() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    let halfway = Plan { stay: Duration::from_secs(120), ..plan.clone() };
    assert!(matches!(stop_of(&sim, &halfway, Order::Run), Stop::Waiting(..)));
    sim.lock().now -= Duration::from_secs(86_400);
    let stop = stop_of(&sim, &plan, Order::Run);
    let fault = stop.fault("queue-sync", sim.now()).unwrap();
    assert_eq!((fault.code(), fault.hint()), (FaultCode::RotationRefused, "set the clock of this machine"));
}

#[test]
fn too_early_is_said_with_the_time() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    assert_eq!(stop_of(&sim, &plan, Order::Due), Stop::Finished(Outcome::Rotated));
    let stop = stop_of(&sim, &plan, Order::Run);
    assert!(stop.fault("queue-sync", sim.now()).unwrap().detail().contains("not settled yet"), "{stop:?}");
    let Stop::NotDue(at) = stop_of(&sim, &plan, Order::Due) else { panic!("not due for 90 days") };
    assert!(at.since(sim.now()) > Duration::from_secs(88 * 86_400));
}

#[test]
fn a_promotion_by_hand_opens_a_window_too() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    {
        let mut world = sim.lock();
        let now = world.now;
        let (id, secret) = world.platform.make(None, now - Duration::from_secs(60));
        world.platform.generated = 0;
        world.shelf.put_by_hand("queue-sync", crate::world::stored(&id, &secret, 2).into_bytes(), now);
    }
    assert!(refusal(&sim, &plan, Order::Run).detail().contains("not settled yet"));
}

#[test]
fn orders_without_a_rotation_do_nothing() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    for order in [Order::Resume, Order::Abort, Order::Sweep] {
        assert_eq!(stop_of(&sim, &plan, order), Stop::Nothing);
    }
    assert!(sim.lock().shelf.document().is_none());
}

#[test]
fn an_administrator_without_permission_is_named_and_nothing_repeats() {
    let (sim, plan) = (Sim::new(Shape::Overlap), plan(Shape::Overlap));
    sim.lock().denied = true;
    let stop = stop_of(&sim, &plan, Order::Run);
    let fault = stop.fault("queue-sync", sim.now()).unwrap();
    assert_eq!((fault.code(), fault.detail()), (FaultCode::AdminDenied, "oauth:client:view"));
    assert_eq!(sim.now(), WallTime::at(crate::world::START), "it is not tried again");
}

#[derive(Debug)]
struct FullDisk;

impl hallpass_core::audit::AuditSink for FullDisk {
    fn record(&self, _event: &hallpass_core::audit::AuditEvent) -> Result<(), Fault> {
        Err(Fault::new(FaultCode::AuditUnwritable, ""))
    }
}

#[test]
fn what_cannot_be_audited_is_not_done() {
    let sim = Sim::new(Shape::Overlap);
    let mut parts = parts(&sim, "one");
    parts.audit = Arc::new(FullDisk);
    let engine = Engine::new(parts, plan(Shape::Overlap));
    let stop = block_on(&sim, async move { engine.run(Order::Run).await });
    assert_eq!(stop.fault("queue-sync", sim.now()).unwrap().code(), FaultCode::AuditUnwritable);
    assert_eq!(sim.counts(), (0, 0));
    assert!(sim.lock().shelf.document().is_none());
}
