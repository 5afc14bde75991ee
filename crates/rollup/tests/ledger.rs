//! The ledger of the dual chain beside the central one: the same commands give the same market, and the primary chain
//! has every root of them.

mod street;

use ledger::{Central, Ledger, Options as CentralOptions};
use rollup::chain::{Evm, Settings};
use rollup::ledger::{Options, Rollup};
use rollup::sequencer::Primary;
use rollup::step::leaf::Account;
use rollup::step::{Place, Store};
use street::{START, Street};

fn primary() -> Primary {
    Primary::Clocked(Box::new(Evm::new(Settings { time: START - 90_000, ..Settings::default() })))
}

#[test]
fn a_day_on_the_dual_chain_is_the_market_of_the_central_ledger() {
    let mut street = Street::new(1, 4);
    let mut central = Central::in_memory(CentralOptions::default()).unwrap();
    let mut rollup = Rollup::in_memory(primary(), Options::new(street.operator.clone())).unwrap();
    for command in street.day(3) {
        let one = central.append(&command, &mut ()).unwrap();
        let other = rollup.append(&command, &mut ()).unwrap();
        assert_eq!(one, other, "{command:?}");
        assert!(one.is_ok(), "{command:?}: {one:?}");
        rollup.commit().unwrap();
        assert_eq!(rollup.waits_for(), None);
    }
    assert_eq!(central.root(), rollup.root());
    let secondary = rollup.secondary().unwrap();
    for (id, account) in central.state().accounts().iter().enumerate().skip(1) {
        let leaf: Account = secondary.peek(Place::account(id as u32));
        assert_eq!((leaf.balance, leaf.holds), (account.balance.0, account.holds.0), "account {id}");
    }
    rollup.finish().unwrap();
    let summary = rollup.summary().unwrap();
    assert!(summary.batches > 0);
    assert_eq!(summary.batches, summary.finalised);
    assert_eq!(rollup.secondary().unwrap().head().money, (-central.state().accounts()[0].balance.0) as u128);
}
