//! Hold wins over everything.

use std::time::Duration;

use hallpass_core::FaultCode;
use hallpass_lifecycle::rotation::{Order, Outcome, Stop};

use crate::world::{
    Crash, Draws, Ended, Rotator, Shape, Sim, Yield, block_on, engine, plan, run_all, run_one, stop_of,
};
use hallpass_core::Sleep as _;

/// The moments at which something ends in a rotation that nobody holds, and now.
fn moments(shape: Shape) -> Vec<Duration> {
    let sim = Sim::new(shape);
    let start = sim.lock().now;
    assert_eq!(stop_of(&sim, &plan(shape), Order::Run), Stop::Finished(Outcome::Rotated));
    let ended = sim.lock().platform.ended.iter().map(|(at, _)| *at - start).collect::<Vec<_>>();
    [vec![Duration::ZERO], ended].concat()
}

#[test]
fn p06_once_a_hold_stands_nothing_is_made_switched_or_deleted() {
    let moments: Vec<_> = Shape::SAFE.map(|shape| (shape, moments(shape))).into();
    let (mut held, mut too_late) = (0, 0);
    for seed in 0..1000 {
        let mut draws = Draws::new(seed);
        let (shape, moments) = &moments[draws.below(moments.len())];
        let (sim, plan) = (Sim::new(*shape), plan(*shape));
        // At a moment at which something ends, or some seconds beside it; and then some points into it.
        let moment = moments[draws.below(moments.len())]
            .saturating_sub(Duration::from_secs([0, 0, 0, 3, 40][draws.below(5)]));
        let points = draws.below(90);
        let rotating = engine(&sim, &plan, "one");
        let holding = engine(&sim, &plan, "two");
        let world = sim.clone();
        let mut rotators = [
            Rotator::new(async move { (Some(rotating.run(Order::Run).await), None) }, None),
            Rotator::new(
                async move {
                    if !moment.is_zero() {
                        world.sleep(moment).await;
                    }
                    for _ in 0..points {
                        Yield::once().await;
                    }
                    let back = holding.hold("a freeze of the call centre").await.unwrap();
                    (None, Some((back, world.counts())))
                },
                None,
            ),
        ];
        if draws.below(3) == 0 {
            draws.freeze_one_in = 30;
        }
        run_all(&sim, &mut rotators, &mut draws, |_| ());
        let [rotating, holding] = rotators.map(|rotator| rotator.outcome().unwrap());
        let (back, then) = holding.1.unwrap();
        let context = format!("{shape:?}, seed {seed}: {rotating:?}");
        assert_eq!(sim.counts(), then, "{context}");
        // Nobody else gets past it either.
        for order in [Order::Run, Order::Due, Order::Resume, Order::Abort, Order::Sweep] {
            let stop = stop_of(&sim, &plan, order);
            assert!(matches!(stop, Stop::Held(_)), "{context}: {order:?}: {stop:?}");
        }
        assert_eq!(sim.counts(), then, "{context}");
        sim.assert_well(&context);
        held += 1;
        too_late += usize::from(back.too_late_for.is_some());
    }
    println!(
        "figure: {held} holds, of which {too_late} waited for a call that was announced; 0 changes after a hold"
    );
    assert!(too_late > 20, "{too_late}: the moments miss what they aim at");
}

#[test]
fn after_the_hold_it_goes_on_where_it_stood() {
    for shape in Shape::SAFE {
        let (sim, plan) = (Sim::new(shape), plan(shape));
        assert_eq!(run_one(&sim, &plan, Order::Run, "one", Crash::At(150)), Ended::Crashed);
        let holding = engine(&sim, &plan, "two");
        let back = block_on(&sim, async move { holding.hold("a freeze").await }).unwrap();
        sim.pass(Duration::from_secs(3600));
        let stop = stop_of(&sim, &plan, Order::Run);
        assert_eq!(stop, Stop::Held(back.hold));
        let fault = stop.fault("queue-sync", sim.now()).unwrap();
        assert_eq!(
            (fault.code(), fault.hint()),
            (FaultCode::RotationHeld, "release it with `hallpass rotate hold queue-sync --off`")
        );
        let releasing = engine(&sim, &plan, "two");
        block_on(&sim, async move { releasing.release().await }).unwrap();
        assert_eq!(stop_of(&sim, &plan, Order::Run), Stop::Finished(Outcome::Rotated), "{shape:?}");
    }
}

/// How long a hold takes that is set so many points after that moment of a rotation; whether some call may have been made before it.
fn held_at(shape: Shape, moment: Duration, points: usize) -> (Duration, bool) {
    let (sim, plan) = (Sim::new(shape), plan(shape));
    let (rotating, holding) = (engine(&sim, &plan, "one"), engine(&sim, &plan, "two"));
    let world = sim.clone();
    let rotate = async move {
        rotating.run(Order::Run).await;
        None
    };
    let hold = async move {
        if !moment.is_zero() {
            world.sleep(moment).await;
        }
        for _ in 0..points {
            Yield::once().await;
        }
        let before = world.now();
        let back = holding.hold("a freeze").await.unwrap();
        Some((world.now().since(before), back.too_late_for.is_some()))
    };
    let mut rotators = [Rotator::new(hold, None), Rotator::new(rotate, None)];
    run_all(&sim, &mut rotators, &mut Draws::new(points as u64), |_| ());
    let [holding, _] = rotators;
    holding.outcome().unwrap().unwrap()
}

#[test]
fn a_hold_does_not_wait_for_a_call_that_is_known_to_be_over() {
    for shape in Shape::SAFE {
        let (mut waited, mut at_once) = (0, 0);
        for moment in moments(shape) {
            for points in 0..60 {
                let (took, announced) = held_at(shape, moment, points);
                // Whoever is alive says within a look that its call is over.
                assert!(took <= Duration::from_secs(2), "{shape:?}, {moment:?} and {points}: {took:?}");
                waited += usize::from(announced);
                at_once += usize::from(!announced && took.is_zero());
            }
        }
        assert!(waited > 5 && at_once > 50, "{shape:?}: {waited} {at_once}");
    }
}

#[test]
fn a_hold_waits_for_a_call_whose_maker_died() {
    for shape in Shape::SAFE {
        let mut longest = Duration::ZERO;
        for point in crate::world::points_in(shape, hallpass_lifecycle::rotation::Step::Generate) {
            let (sim, plan) = (Sim::new(shape), plan(shape));
            assert_eq!(run_one(&sim, &plan, Order::Run, "one", Crash::At(point)), Ended::Crashed);
            let (before, holding) = (sim.now(), engine(&sim, &plan, "two"));
            block_on(&sim, async move { holding.hold("a freeze").await }).unwrap();
            longest = longest.max(sim.now().since(before));
        }
        // The call may take a minute, and its maker's clock may be a minute behind.
        assert_eq!(longest, Duration::from_secs(120), "{shape:?}");
    }
}
