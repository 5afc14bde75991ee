use crate::community::{CAPACITY, ELECTRICITY, Ledger, START, billed, interval};
use market::*;
use proptest::prelude::*;

const BILLS: Rule = Rule::BillSharing;

fn sub(main: u32) -> Arrangement {
    Arrangement::Sub { main: MeterId(main) }
}

fn share_of(source: u32, share: u32) -> Arrangement {
    Arrangement::Virtual { source: MeterId(source), share }
}

/// What everybody is billed for after one interval of these readings, net; `None` for points without a meter.
fn nets(arranged: &[(u32, Arrangement)], readings: &[Option<(i64, i64)>], step: u64) -> Vec<i64> {
    let mut ledger = Ledger::new(BILLS, readings.len() as u32);
    for (meter, arrangement) in arranged {
        ledger.arrange(*meter, *arrangement);
    }
    ledger.tick(interval(step).end());
    for (meter, reading) in (0..).zip(readings) {
        if let Some(counted) = reading {
            ledger.read(meter, step, *counted);
        }
    }
    ledger.accept(Command::Clear { carrier: ELECTRICITY, interval: interval(step), claim: Claim::Metered });
    ledger.settle(step);
    ledger.check_laws();
    billed(&ledger.events, readings.len() as u32)
}

#[test]
fn a_main_meter_is_billed_for_what_its_sub_meters_leave() {
    let check = |readings: &[(i64, i64)], expected: &[i64]| {
        let readings: Vec<_> = readings.iter().copied().map(Some).collect();
        assert_eq!(nets(&[(1, sub(0)), (2, sub(0))], &readings, 0), expected);
    };
    check(&[(100, 0), (30, 0), (20, 0)], &[50, 30, 20]);
    check(&[(0, 40), (0, 90), (20, 0)], &[30, -90, 20]); // 90 are given inside, 20 taken, 40 go out: the house takes 30
    check(&[(0, 70), (0, 50), (0, 0)], &[-20, -50, 0]);
    check(&[(10, 30), (0, 20), (0, 0)], &[0, -20, 0]); // what a main meter counts both ways is netted
}

#[test]
fn a_sub_meter_behind_a_sub_meter_is_taken_off_once() {
    let readings = [Some((100, 0)), Some((60, 0)), Some((25, 0))];
    assert_eq!(nets(&[(1, sub(0)), (2, sub(1))], &readings, 0), [40, 35, 25]);
}

#[test]
fn shares_of_a_source_are_rounded_in_turn_and_leave_it_the_rest() {
    // A third each of 100 Wh: 33.33; who is first in turn is rounded down, the second gets what that leaves.
    let arranged = [(1, share_of(0, 333_333)), (2, share_of(0, 333_333))];
    let turns: Vec<_> = (0..2).map(|step| nets(&arranged, &[Some((0, 100)), None, None], step)).collect();
    assert_eq!(turns[0], [-34, -33, -33]);
    assert_eq!(turns[1], [-34, -33, -33]);
    let arranged = [(1, share_of(0, 5_000)), (2, share_of(0, 5_000))];
    let turns: Vec<_> = (0..2).map(|step| nets(&arranged, &[Some((0, 100)), None, None], step)).collect();
    assert_eq!(turns[0], [-99, -1, 0], "½ Wh each: the second in turn gets the whole one");
    assert_eq!(turns[1], [-99, 0, -1]);
}

#[test]
fn a_share_of_the_rest_behind_sub_meters_may_be_shared_again() {
    // 80 of the main meter's 100 are its own; half of those belong to the second point, a quarter of these to the third.
    let arranged = [(3, sub(0)), (1, share_of(0, 500_000)), (2, share_of(1, 250_000))];
    assert_eq!(nets(&arranged, &[Some((100, 0)), None, None, Some((20, 0))], 0), [40, 30, 10, 20]);
}

#[test]
fn what_cannot_be_arranged_is_refused_by_number() {
    let mut base = Ledger::new(BILLS, 5);
    base.arrange(1, sub(0));
    base.arrange(2, share_of(1, 600_000));
    use Rejection::{BadArrangement, BadReading, BadRegister, StaleNonce, UnknownMeter};
    let modulus = |modulus| Register::Cumulative { modulus };
    let rows = [
        (0, Register::Interval, sub(0), BadArrangement), // behind itself
        (3, Register::Interval, sub(3), BadArrangement),
        (3, Register::Interval, share_of(3, 1), BadArrangement),
        (0, Register::Interval, sub(1), BadArrangement), // in a circle
        (1, Register::Interval, share_of(2, 1), BadArrangement),
        (3, Register::Interval, sub(2), BadArrangement), // nothing flows through a share
        (3, Register::Interval, share_of(1, 400_001), BadArrangement), // beyond the whole
        (3, modulus(100), share_of(1, 1), BadArrangement), // a share has no register
        (3, modulus(0), Arrangement::Direct, BadRegister),
        (3, Register::Interval, sub(9), UnknownMeter),
        (9, Register::Interval, Arrangement::Direct, UnknownMeter),
    ];
    for (meter, register, arrangement, number) in rows {
        let mut ledger = base.clone();
        let command = ledger.equip(meter, register, arrangement);
        ledger.refuse(command, number);
    }
    let equipment = Equipment::default();
    base.refuse(Command::Equip { meter: MeterId(3), equipment, nonce: 1 }, StaleNonce);

    base.tick(START + 900);
    let reading = base.reading(2, 0, (1, 0));
    base.refuse(Command::Read(reading), BadReading); // a point without a meter counts nothing
    base.read(3, 0, (1, 0));
    let command = base.equip(3, Register::Interval, sub(0));
    base.refuse(command, BadArrangement); // it has counted
}

#[test]
fn points_of_two_carriers_are_not_behind_each_other() {
    let mut ledger = Ledger::new(BILLS, 1);
    ledger.join_with(Carrier::Heat, CAPACITY);
    for arrangement in [sub(0), share_of(0, 1)] {
        let command = ledger.equip(1, Register::Interval, arrangement);
        ledger.refuse(command, Rejection::BadArrangement);
    }
}

#[test]
fn a_main_meter_s_rest_stays_within_what_a_reading_can_be() {
    let mut ledger = Ledger::new(BILLS, 0);
    for capacity in [MAX_ENERGY - Energy(5), Energy(5), Energy(1)] {
        ledger.join_with(ELECTRICITY, capacity);
    }
    ledger.arrange(1, sub(0));
    let command = ledger.equip(2, Register::Interval, sub(0));
    ledger.refuse(command, Rejection::BadArrangement);
}

#[test]
fn a_chain_of_points_has_an_end() {
    let mut ledger = Ledger::new(BILLS, 10);
    (1..=8).for_each(|meter| ledger.arrange(meter, sub(meter - 1)));
    let command = ledger.equip(9, Register::Interval, sub(8));
    ledger.refuse(command, Rejection::BadArrangement);
}

#[test]
fn a_point_may_be_rearranged_before_it_counts() {
    let mut ledger = Ledger::new(BILLS, 3);
    ledger.tick(START + 900);
    ledger.read(0, 0, (10, 0)); // the interval is open
    ledger.arrange(2, share_of(0, 500_000));
    ledger.read(1, 0, (0, 0));
    ledger.arrange(2, sub(0));
    let clear = Command::Clear { carrier: ELECTRICITY, interval: interval(0), claim: Claim::Metered };
    ledger.refuse(clear.clone(), Rejection::ReadingMissing); // a sub-meter's reading is waited for
    ledger.arrange(2, share_of(1, 500_000));
    ledger.accept(clear);
    let command = ledger.equip(2, Register::Interval, Arrangement::Direct);
    ledger.refuse(command, Rejection::BadArrangement); // energy is shared by the arrangement as it is
    ledger.settle(0);
    assert_eq!(billed(&ledger.events, 3), [10, 0, 0]);
}

/// Which point one is behind, and with which share where it has no meter.
type Behind = Option<(usize, Option<u32>)>;

/// A random community: each point is behind nobody or behind one before it, and some have no meter.
fn communities() -> impl Strategy<Value = Vec<(Behind, (i64, i64))>> {
    let behind = prop::option::of((any::<prop::sample::Index>(), prop::option::of(1..400_000_u32)));
    let point = (behind, (0..=1_000_i64, 0..=1_000_i64));
    prop::collection::vec(point, 1..9).prop_map(|points| {
        let points = points.into_iter().enumerate();
        let placed = points.map(|(number, (behind, counted))| {
            let behind = behind.filter(|_| number > 0).map(|(index, share)| (index.index(number), share));
            (behind, counted)
        });
        placed.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000)))]

    /// D4: what everybody is billed for sums to what the meters without a main one counted, to the Wh.
    #[test]
    fn d4_billed_energy_is_that_of_the_meters_at_the_root(points in communities(), step in 0..50_u64) {
        let meters = points.len() as u32;
        let mut ledger = Ledger::new(BILLS, meters);
        let mut metered = vec![true; points.len()];
        let mut root = 0;
        for (number, (behind, counted)) in points.iter().enumerate() {
            let arrangement = match behind {
                None => Arrangement::Direct,
                Some((front, None)) => sub(*front as u32),
                Some((front, Some(share))) => share_of(*front as u32, *share),
            };
            let command = ledger.equip(number as u32, Register::Interval, arrangement);
            // Behind a share or beyond the whole there is nothing: then the point stands alone.
            let arranged = ledger.apply(command).is_ok();
            metered[number] = !(arranged && matches!(behind, Some((_, Some(_)))));
            if !arranged || behind.is_none() {
                root += counted.0 - counted.1;
            }
        }
        ledger.tick(interval(step).end());
        for (number, (_, counted)) in points.iter().enumerate() {
            if metered[number] {
                ledger.read(number as u32, step, *counted);
            }
        }
        ledger.accept(Command::Clear { carrier: ELECTRICITY, interval: interval(step), claim: Claim::Metered });
        ledger.settle(step);
        ledger.check_laws();
        prop_assert_eq!(billed(&ledger.events, meters).iter().sum::<i64>(), root);
    }
}
