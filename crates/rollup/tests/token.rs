//! A rollup whose money is a token: the dual chain's whole story, paid in it.

use alloy_primitives::U256;
use alloy_sol_types::SolValue;
use ledger::Key;
use market::{Address, keccak256};
use rollup::chain::{Call, Chain, Clock, Evm};
use rollup::contract::Token;
use rollup::study::{Money, StoryError, story, story_paid_in};

/// A plain ERC-20 token of 18 decimals, `contracts/test/Token.sol` as `contracts/probe.mjs` compiles it; everybody has so much
/// of it, and a thousand coins for gas.
fn issue(chain: &mut Evm, people: &[Address], purse: u128) -> Result<Money, StoryError> {
    let issuer = Key::from_seed(b"", "issuer");
    for who in people.iter().copied().chain([issuer.address()]) {
        chain.fund(who, 1_000_000_000_000_000_000_000)?;
    }
    let code = include_str!("fixtures/Token.hex").trim().as_bytes().chunks(2);
    let byte = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
    let mut data: Vec<u8> = code.map(byte).collect();
    data.extend((U256::from(18), U256::ZERO).abi_encode());
    let token = chain.execute(&issuer, &Call { data, ..Call::default() })?.contract.unwrap();
    for who in people {
        let mut data = keccak256(b"mint(address,uint256)")[..4].to_vec();
        data.extend((alloy_primitives::Address::from(who.0), U256::from(purse)).abi_encode());
        assert!(chain.execute(&issuer, &Call { to: Some(token), data, ..Call::default() })?.success);
    }
    Ok(Money::Token(Token(token)))
}

#[test]
fn what_was_paid_in_in_tokens_is_paid_out_in_tokens_to_the_last_unit() {
    let told = story_paid_in(1, 4, issue).unwrap();
    let out: u128 = told.withdrawals.iter().chain(&told.exits).map(|paid| paid.amount).sum();
    assert_eq!(out as i128, told.paid_in);
    assert_eq!(told.sums.last(), Some(&("exits", 0, 0)));
    let (bond, reward, burnt) = told.lie.bond;
    assert_eq!((reward, burnt), (bond * 2 / 5, bond - bond * 2 / 5));
    // The secondary chain does not know what its money is on the primary one.
    let coin = story(1, 4).unwrap();
    assert_eq!(coin.sums, told.sums);
    println!(
        "a withdrawal costs {} gas in tokens, {} in coin",
        told.withdrawals[0].gas, coin.withdrawals[0].gas
    );
    println!("an exit costs {} gas in tokens, {} in coin", told.exits[1].gas, coin.exits[1].gas);
}
